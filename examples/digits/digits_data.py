"""What both training scripts share: the data set, its split, and the manifest."""
import json

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split


def dataset(seed):
    """Returns (train images, train labels, test images, test labels); images are float32 [n,8,8,1]
    in 0..1."""
    digits = load_digits()
    images = (digits.images / 16.0).astype(np.float32)[..., None]
    train_x, test_x, train_y, test_y = train_test_split(images, digits.target, test_size=0.25,
                                                        random_state=seed, stratify=digits.target)
    return train_x, train_y, test_x, test_y


def noisy(images, seed):
    noise = np.random.default_rng(seed).normal(0, 0.1, images.shape)
    return np.clip(images + noise, 0, 1).astype(np.float32)


def write_manifest(folder, rows):
    """Replaces the rows of the models in `rows`, keeps those of others."""
    path = folder / "MANIFEST.json"
    names = {r["model"] for r in rows}
    kept = [r for r in json.loads(path.read_text())
            if r["model"] not in names] if path.exists() else []
    rows = sorted(kept + rows, key=lambda r: (r["model"], r["law"], r["inputs"]))
    path.write_text("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")
