"""The README's code is true: a ```lua block is a script that `check` accepts, or, with `file=PATH`, that very file; in a
```console block every `$ penstock ...` command is run in a clean folder with examples/ in it, and what stands below is its stdout
(a line `...` stands for any lines)."""
import re
import shlex

from golden import ROOT, Failure, case, shown

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w+)([^\n]*)\n(.*?)^```$", README, re.M | re.S)


def lua_block(attributes, text):
    def holds(w):
        file = re.search(r"file=(\S+)", attributes)
        if file:
            if (ROOT / file[1]).read_text() != text:
                raise Failure(f"the README's copy of {file[1]} differs from the file")
            return
        w.write("readme.lua", text if 'require "penstock"' in text else 'local p = require "penstock"\n' + text)
        w.run("check", "readme.lua").exits(0)

    return holds


def commands(text):
    """-> [(command, the lines below it)]"""
    parts = re.split(r"^\$ ", text, flags=re.M)[1:]
    return [(part.partition("\n")[0], part.partition("\n")[2]) for part in parts]


def console_block(text):
    def holds(w):
        (w.path / "examples").symlink_to(ROOT / "examples")
        (w.path / "out").mkdir()
        for command, below in commands(text):
            words = shlex.split(command)
            if words[0].endswith("penstock"):
                printed = w.run(*words[1:]).exits(0).stdout
            elif words[0] in ("head", "cat"):
                printed = w.run(*words[1:], program=words[0]).exits(0).stdout
            else:
                continue
            pattern = "".join("(?s:.*)" if line == "...\n" else re.escape(line) for line in below.splitlines(keepends=True))
            if below and not re.fullmatch(pattern, printed.decode()):
                raise Failure(f"$ {command}\nthe README says\n{below}\nit prints\n{shown(printed)}")

    return holds


for number, (language, attributes, text) in enumerate(BLOCKS, 1):
    if language == "lua":
        case(lua_block(attributes, text), f"block {number} (lua{attributes}) is right")
    elif language == "console":
        case(console_block(text), f"block {number} (console) prints what it says")


@case
def the_readme_has_runnable_blocks(w):
    if not any(language == "lua" for language, _, _ in BLOCKS) or not any(language == "console" for language, _, _ in BLOCKS):
        raise Failure("no lua or no console block found in README.md")
