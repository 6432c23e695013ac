# the eksctl plugin
