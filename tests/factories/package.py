"""A wheel that pip installs, hashed and signed as the operator's release program does it."""

import zipfile

from training_cluster.release import release_key, sign, write_sums

NAME = "commonweave_training_cluster-9.9.9-py3-none-any.whl"
FOLDER = "commonweave_training_cluster-9.9.9.dist-info"
FILES = {
    "commonweave_stand_in.py": "WORKS = True\n",
    f"{FOLDER}/METADATA": "Metadata-Version: 2.1\nName: commonweave-training-cluster\nVersion: 9.9.9\n",
    f"{FOLDER}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    f"{FOLDER}/RECORD": "".join(f"{name},,\n" for name in ("commonweave_stand_in.py", f"{FOLDER}/RECORD")),
}


def make_package(folder, *, key=None):
    """The package in `folder`; signed when a place for the operator's key is named."""
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / NAME, "w") as wheel:
        for name, text in FILES.items():
            wheel.writestr(name, text)
    write_sums(folder)
    if key is not None:
        sign(folder, release_key(key))
    return folder
