# the aws plugin
