# the kubectl plugin
