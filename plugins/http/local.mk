# the http plugin
