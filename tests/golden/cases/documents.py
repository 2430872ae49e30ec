"""The code in README.md and docs/ is true: a ```lua block is a script that `check` accepts, or, with `file=PATH`, that very file; in a
```console block every `$ penstock ...` command is run in a clean folder with examples/ in it, and what stands below is its stdout
(a line `...` stands for any lines)."""
import re
import shlex

from golden import ROOT, Failure, case, shown

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCKS = {page: re.findall(r"^```(\w+)([^\n]*)\n(.*?)^```$", page.read_text(), re.M | re.S) for page in PAGES}


def lua_block(attributes, text):
    def holds(w):
        file = re.search(r"file=(\S+)", attributes)
        if file:
            if (ROOT / file[1]).read_text() != text:
                raise Failure(f"the page's copy of {file[1]} differs from the file")
            return
        w.write("page.lua", text if 'require "penstock"' in text else 'local p = require "penstock"\n' + text)
        w.run("check", "page.lua", env={"LOG_TOKEN": "t", "LOG_KEY": "abc123"}).exits(0)

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
                raise Failure(f"$ {command}\nthe page says\n{below}\nit prints\n{shown(printed)}")

    return holds


for page, blocks in BLOCKS.items():
    for number, (language, attributes, text) in enumerate(blocks, 1):
        if language == "lua":
            case(lua_block(attributes, text), f"{page.name}: block {number} (lua{attributes}) is right")
        elif language == "console":
            case(console_block(text), f"{page.name}: block {number} (console) prints what it says")


@case
def every_page_has_runnable_blocks(w):
    for page, blocks in BLOCKS.items():
        if not any(language in ("lua", "console") for language, _, _ in blocks):
            raise Failure(f"no lua or console block found in {page.name}")
