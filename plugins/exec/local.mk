# the exec plugin
