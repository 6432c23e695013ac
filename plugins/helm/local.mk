# the helm plugin
