"""Written text to spoken text: own rules where the grammars are weak, and the grammars for all else."""
