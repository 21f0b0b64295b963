"""Writes small .tflite files by hand, so that every scale, zero point and option of a golden is
chosen and not a converter's."""
import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

TYPES = {"float32": schema.TensorType.FLOAT32, "int8": schema.TensorType.INT8,
         "uint8": schema.TensorType.UINT8, "int16": schema.TensorType.INT16,
         "int32": schema.TensorType.INT32, "int64": schema.TensorType.INT64,
         "bool": schema.TensorType.BOOL, "float16": schema.TensorType.FLOAT16,
         "resource": schema.TensorType.RESOURCE, "complex64": schema.TensorType.COMPLEX64,
         "int4": schema.TensorType.INT4, "int2": schema.TensorType.INT2}

# Operator versions as the converter writes them for 8-bit tensors; 1 where not listed.
VERSIONS = {"int8": {"ADD": 2, "ARG_MAX": 2, "ARG_MIN": 2, "AVERAGE_POOL_2D": 2, "BATCH_MATMUL": 2,
                     "BATCH_TO_SPACE_ND": 2, "BROADCAST_TO": 2, "CONCATENATION": 2, "CONV_2D": 3,
                     "DEPTHWISE_CONV_2D": 3, "DEPTH_TO_SPACE": 2, "DEQUANTIZE": 2, "EQUAL": 2,
                     "EXP": 2, "FULLY_CONNECTED": 4, "GATHER": 2, "GREATER": 2,
                     "GREATER_EQUAL": 2, "L2_NORMALIZATION": 2, "LEAKY_RELU": 2, "LESS": 2,
                     "LESS_EQUAL": 2, "LOGISTIC": 2, "LOG_SOFTMAX": 2, "MAXIMUM": 2,
                     "MAX_POOL_2D": 2, "MEAN": 2, "MINIMUM": 2, "MIRROR_PAD": 2, "MUL": 2,
                     "NOT_EQUAL": 2, "PACK": 2, "PAD": 2, "PADV2": 2, "QUANTIZE": 1,
                     "RELU": 2, "RELU6": 2, "RESIZE_BILINEAR": 2, "RESIZE_NEAREST_NEIGHBOR": 2,
                     "SLICE": 2, "SOFTMAX": 2, "SPACE_TO_BATCH_ND": 2,
                     "SPACE_TO_DEPTH": 2, "SPLIT": 2, "SPLIT_V": 2, "STRIDED_SLICE": 2, "SUB": 2,
                     "SUM": 2, "TANH": 2, "TOPK_V2": 2, "TRANSPOSE": 2,
                     "SVDF": 3, "TRANSPOSE_CONV": 2, "UNIDIRECTIONAL_SEQUENCE_LSTM": 3,
                     "UNPACK": 2},
            "uint8": {"BROADCAST_TO": 2, "CONV_2D": 2, "DEPTHWISE_CONV_2D": 2}}


class Model:
    """A subgraph, and those that its operators run. Tensors are added in order and named by index;
    a tensor of shape None takes the shape the framework computes for it."""

    def __init__(self):
        self.tensors, self.operators, self.inputs, self.outputs = [], [], [], []
        self.others, self.signatures = [], []

    def subgraph(self):
        """Another subgraph; its index is what operators are given."""
        self.others.append(Model())
        return self.others[-1], len(self.others)

    def signature(self, key, subgraph=0):
        self.signatures.append((key, subgraph))

    def tensor(self, shape, dtype="int8", scale=None, zero=0, axis=0, data=None, name=None):
        scales = None if scale is None else [float(s)
                                             for s in np.atleast_1d(np.asarray(scale, np.float32))]
        zeros = None if scale is None else [int(z) for z in np.broadcast_to(np.asarray(zero),
                len(scales))]
        self.tensors.append({"shape": shape, "dtype": dtype, "scales": scales, "zeros": zeros,
                             "axis": axis, "data": data, "name": name or "t%d" % len(self.tensors)})
        return len(self.tensors) - 1

    def input(self, shape, dtype="int8", scale=None, zero=0, name=None):
        index = self.tensor(shape, dtype, scale, zero, name=name)
        self.inputs.append(index)
        return index

    def const(self, data, scale=None, zero=0, axis=0):
        data = np.asarray(data)
        return self.tensor(data.shape, data.dtype.name, scale, zero, axis, data)

    def packed(self, codes, bits, scale=None, axis=0):
        """Weights of 4 or 2 bits, the lowest bits of a byte first."""
        each = 8 // bits
        flat = np.asarray(codes).reshape(-1) & (1 << bits) - 1
        rows = np.append(flat, np.zeros(-len(flat) % each, flat.dtype)).reshape(-1, each)
        data = (rows << bits * np.arange(each)).sum(1).astype(np.uint8)
        return self.tensor(codes.shape, "int%d" % bits, scale, 0, axis, data)

    def blockwise(self, codes, scales):
        """Weights of 4 bits [N, K] with scales [N, B], one for each K / B elements of a row."""
        index = self.packed(codes, 4)
        self.tensors[index]["blocks"] = (self.const(scales), codes.shape[1] // scales.shape[1])
        return index

    def sparse(self, dense, scale=None, block=1, order=(0, 1)):
        """A matrix of which only the elements (or blocks of a row) that are not 0 are stored: rows
        dense, or with order (1, 0) columns, and what lies in them compressed."""
        dense = np.asarray(dense)
        index = self.tensor(dense.shape, dense.dtype.name, scale)
        rows = dense.reshape(dense.shape[0], -1, block)
        if order[0] == 1:
            rows = rows.transpose(1, 0, 2)
        kept = (rows != 0).any(2)
        segments = np.concatenate([[0], np.cumsum(kept.sum(1))])
        s = schema.SparsityParametersT()
        s.traversalOrder = list(order) + ([2] if block > 1 else [])
        s.blockMap = [1] if block > 1 else []
        full, compressed = schema.DimensionMetadataT(), schema.DimensionMetadataT()
        full.format, full.denseSize = schema.DimensionType.DENSE, rows.shape[0]
        compressed.format = schema.DimensionType.SPARSE_CSR
        lists = ((schema.Uint8VectorT, schema.SparseIndexVector.Uint8Vector, segments),
                 (schema.Uint16VectorT, schema.SparseIndexVector.Uint16Vector, np.nonzero(kept)[1]))
        for (table, kind, values), key in zip(lists, ("arraySegments", "arrayIndices")):
            vector = table()
            vector.values = [int(v) for v in values]
            setattr(compressed, key, vector)
            setattr(compressed, key + "Type", kind)
        s.dimMetadata = [full, compressed]
        if block > 1:
            inner = schema.DimensionMetadataT()
            inner.format, inner.denseSize = schema.DimensionType.DENSE, block
            s.dimMetadata.append(inner)
        self.tensors[index]["data"], self.tensors[index]["sparsity"] = rows[kept], s
        return index

    def variable(self, shape, dtype, scale, zero=0):
        """State that operators keep from call to call."""
        index = self.tensor(shape, dtype, scale, zero)
        self.tensors[index]["variable"] = True
        return index

    def op(self, name, inputs, outputs, options=None, intermediates=(), /, **fields):
        """`options` is the name of the option table ("Conv2DOptions"), `fields` its fields; -1 as
        input is an absent one."""
        first = next((self.tensors[i] for i in inputs if i >= 0), None)
        version = VERSIONS.get(first["dtype"], {}).get(name, 1) if first else 1
        self.operators.append((name, list(inputs), list(outputs), options, fields, version,
                               list(intermediates)))

    def version(self, number):
        """Of the last operator, where the type of its first input does not say."""
        name, inputs, outputs, options, fields, _, intermediates = self.operators[-1]
        self.operators[-1] = (name, inputs, outputs, options, fields, number, intermediates)

    def output(self, *indices):
        self.outputs.extend(indices)

    def serialize(self):
        model = schema.ModelT()
        model.version = 3
        model.description = "octet golden"
        model.buffers, model.operatorCodes, codes = [schema.BufferT()], [], {}
        model.subgraphs = [m.pack(model, codes) for m in [self] + self.others]
        graphs = [self] + self.others
        if self.signatures:
            model.signatureDefs = []
        for key, index in self.signatures:
            s = schema.SignatureDefT()
            s.signatureKey, s.subgraphIndex = key, index
            for kind, ids in (("inputs", graphs[index].inputs), ("outputs", graphs[index].outputs)):
                maps = []
                for t in ids:
                    entry = schema.TensorMapT()
                    entry.name, entry.tensorIndex = graphs[index].tensors[t]["name"], t
                    maps.append(entry)
                setattr(s, kind, maps)
            model.signatureDefs.append(s)
        builder = flatbuffers.Builder(1024)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def pack(self, model, codes):
        """The subgraph as the schema has it; its constants and operator codes join the model's."""
        subgraph = schema.SubGraphT()
        subgraph.tensors, subgraph.operators = [], []
        for tensor in self.tensors:
            t = schema.TensorT()
            t.shape = list(tensor["shape"]) if tensor["shape"] is not None else [1]
            t.type = TYPES[tensor["dtype"]]
            t.name = tensor["name"]
            t.isVariable = tensor.get("variable", False)
            t.sparsity = tensor.get("sparsity")
            t.buffer = 0
            if tensor["data"] is not None:
                buffer = schema.BufferT()
                buffer.data = np.frombuffer(np.ascontiguousarray(tensor["data"]).tobytes(),
                                            np.uint8)
                t.buffer = len(model.buffers)
                model.buffers.append(buffer)
            if tensor["scales"] is not None:
                q = schema.QuantizationParametersT()
                q.scale, q.zeroPoint, q.quantizedDimension = tensor["scales"], tensor[
                        "zeros"], tensor["axis"]
                t.quantization = q
            if "blocks" in tensor:
                q, b = schema.QuantizationParametersT(), schema.BlockwiseQuantizationT()
                b.scales, b.blockSize = tensor["blocks"]
                b.zeroPoints = -1
                q.detailsType, q.details = schema.QuantizationDetails.BlockwiseQuantization, b
                t.quantization = q
            subgraph.tensors.append(t)
        for name, inputs, outputs, options, fields, version, intermediates in self.operators:
            builtin = name.split(":")[0]
            if (name, version) not in codes:
                codes[(name, version)] = len(codes)
                code = schema.OperatorCodeT()
                code.builtinCode = getattr(schema.BuiltinOperator, builtin)
                code.deprecatedBuiltinCode = min(
                    code.builtinCode, schema.BuiltinOperator.PLACEHOLDER_FOR_GREATER_OP_CODES)
                code.version = version
                if builtin == "CUSTOM":  # "CUSTOM:its name"
                    code.customCode = name.split(":")[1]
                model.operatorCodes.append(code)
            operator = schema.OperatorT()
            operator.opcodeIndex, operator.inputs, operator.outputs = codes[(name,
                    version)], inputs, outputs
            if intermediates:
                operator.intermediates = intermediates
            if builtin == "CUSTOM" and "custom_options" in fields:
                operator.customOptions = list(fields["custom_options"])
            elif options:
                table = getattr(schema, options + "T")()
                for key, value in fields.items():
                    if not hasattr(table, key):
                        raise ValueError("%s has no field %s" % (options, key))
                    setattr(table, key, value)
                second = hasattr(schema.BuiltinOptions2, options)
                kinds = schema.BuiltinOptions2 if second else schema.BuiltinOptions
                where = "builtinOptions2" if second else "builtinOptions"
                setattr(operator, where, table)
                setattr(operator, where + "Type", getattr(kinds, options))
            subgraph.operators.append(operator)
        subgraph.inputs, subgraph.outputs = self.inputs, self.outputs
        return subgraph
