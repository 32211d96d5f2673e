"""Publishing what a run has trained: files with hashes and a model card."""
