"""CPU kernels in C: int8 and int4 products and whole decoder steps, compiled where the install finds a compiler.

Without them (`why_not()` says why) PyTorch's own kernels serve. NumPy in, NumPy out; nothing here imports torch: a CPU
tensor shares its memory by `.numpy()`, a bfloat16 one by `.view(torch.uint16).numpy()`.
"""

from makima.nn.native.codec import NativeCodec, NativeStage, qwen3_stages
from makima.nn.native.decoder import NativeDecoder
from makima.nn.native.library import available, instruction_set, instruction_sets, why_not
from makima.nn.native.predictor import NativePredictor, PredictorWeights, RowSampling
from makima.nn.native.quantized import QuantizedMatrix
from makima.nn.native.shapes import DecoderShape, LayerArrays
from makima.nn.native.threads import ThreadPool
from makima.nn.native.weights import DecoderWeights

__all__ = [
    "DecoderShape",
    "DecoderWeights",
    "LayerArrays",
    "NativeCodec",
    "NativeDecoder",
    "NativePredictor",
    "NativeStage",
    "PredictorWeights",
    "QuantizedMatrix",
    "RowSampling",
    "ThreadPool",
    "available",
    "instruction_set",
    "instruction_sets",
    "qwen3_stages",
    "why_not",
]
