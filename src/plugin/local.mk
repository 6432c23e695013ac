# sources of src/plugin
