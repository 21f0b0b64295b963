"""Saves a traced module as a .pt file without the paths of the machine that made it."""
import io
import zipfile

import torch


def save(module, path):
    """torch.jit.save, by way of a copy that has lost its debug records: those name the files of the
    Python installation and of the script.

    The file is written by PyTorch itself from the reloaded module, whose source ranges are those of
    its own serialized code.
    """
    first, plain = io.BytesIO(), io.BytesIO()
    torch.jit.save(module, first)
    with zipfile.ZipFile(first) as source, zipfile.ZipFile(plain, "w",
                                                           zipfile.ZIP_STORED) as target:
        for name in source.namelist():
            if not name.endswith(".debug_pkl"):
                target.writestr(name, source.read(name))
    plain.seek(0)
    torch.jit.save(torch.jit.load(plain), str(path))
