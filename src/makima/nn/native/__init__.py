"""CPU kernels in C: int8 and int4 products and whole decoder steps, compiled where the install finds a compiler.

Without them (`why_not()` says why) PyTorch's own kernels serve. NumPy in, NumPy out; nothing here imports torch: a CPU
tensor shares its memory by `.numpy()`, a bfloat16 one by `.view(torch.uint16).numpy()`.
"""

from makima.nn.native.library import available, instruction_set, instruction_sets, why_not

__all__ = ["available", "instruction_set", "instruction_sets", "why_not"]
