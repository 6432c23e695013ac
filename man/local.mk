dist_man_MANS += \
	man/galley.1 \
	man/galley-plugin.3 \
	$(NULL)
dist_man_MANS += man/galley-recipe.5 man/galley-recording.5
