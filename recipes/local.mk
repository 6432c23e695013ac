# recipes

recipedir = $(pkgdatadir)/recipes
# Each recipe is a command of its own; the lines that name galley find it in PATH.
dist_recipe_SCRIPTS = \
	recipes/hello.yaml \
	recipes/wandb-eks.yaml \
	recipes/wandb-eks-teardown.yaml \
	recipes/wandb-on-cluster.yaml \
	recipes/wandb-off-cluster.yaml \
	recipes/wandb-first-run.yaml \
	recipes/ebs-csi-helm.yaml \
	recipes/ebs-csi-addon.yaml
dist_recipe_DATA = recipes/wandb-first-run.py

# Of the recipes, and of those of tests/live: made by `make recordings`.
recordingdir = $(recipedir)/recordings
dist_recording_DATA = \
	recipes/recordings/wandb-eks-first.jsonl \
	recipes/recordings/wandb-eks-second.jsonl \
	recipes/recordings/wandb-eks-teardown.jsonl \
	recipes/recordings/failure-driver.jsonl \
	recipes/recordings/failure-license.jsonl \
	recipes/recordings/failure-cpu.jsonl \
	recipes/recordings/release-killed.jsonl \
	recipes/recordings/release-resumed.jsonl
