"""Builds the library that makes file operations fail (faulty_files.c), and says how to preload it."""
import errno
import pathlib
import shutil
import subprocess

from golden import Skip

SOURCE = pathlib.Path(__file__).with_suffix(".c")
NO_SPACE, IO_ERROR, READ_ONLY, KILL = str(errno.ENOSPC), str(errno.EIO), str(errno.EROFS), "kill"


def build(w):
    """-> the library's path"""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if not compiler:
        raise Skip("needs a C compiler")
    library = w.path / "faulty_files.so"
    subprocess.run([compiler, "-std=gnu2x", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", library, SOURCE, "-ldl"], check=True)
    return library


def environment(library, under, how=IO_ERROR, first=None, times=None, count=None):
    """For a run whose operations under that folder fail from the first-th on; without `first` they are only counted."""
    wanted = {"LD_PRELOAD": str(library), "FAULTY_UNDER": str(under), "FAULTY_HOW": how}
    if first:
        wanted["FAULTY_FROM"] = str(first)
    if times:
        wanted["FAULTY_TIMES"] = str(times)
    if count:
        wanted["FAULTY_COUNT"] = str(count)
    return wanted
