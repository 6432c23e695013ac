# sources of src/recipe
