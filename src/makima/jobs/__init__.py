"""Jobs: long texts spoken in the background, kept on the disk, and gone on with after a crash."""
