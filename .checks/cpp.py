"""Just enough C++ reading for the static checks: blanking comments and strings, finding function
bodies."""

import re

_TOKEN = re.compile(
    r"""
    (?P<line>//[^\n]*)
  | (?P<block>/\*.*?\*/)
  | (?P<raw>R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)")
  | (?P<string>"(?:\\.|[^"\\\n])*")
  | (?P<digits>\d(?:'?[\w.])*)
  | (?P<char>'(?:\\.|[^'\\\n])+')
    """,
    re.S | re.X,
)


def blank(text, keep_strings=False):
    """The text with comments (and strings) turned into spaces: same length, same lines."""

    def spaces(match):
        if match["digits"] or (keep_strings and (match["string"] or match["raw"])):
            return match[0]
        return re.sub(r"[^\n]", " ", match[0])

    return _TOKEN.sub(spaces, text)


def mask_raw_strings(text):
    """The text with the inside of raw strings turned into x: quoted data has its own whitespace."""
    return _TOKEN.sub(lambda m: re.sub(r"[^\n]", "x", m[0]) if m["raw"] else m[0], text)


def functions(text):
    """(first line, lines of code, heading) of every function body that is not inside another, lines
    from 1. Lines inside raw strings are data and not counted."""
    raw = [match.span() for match in _TOKEN.finditer(text) if match["raw"]]
    code = re.sub(
        r"(?m)^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", lambda m: re.sub(r"[^\n]", " ", m[0]), blank(text)
    )
    stack = []  # of (is_function, opening position, heading) for each open brace
    heading_begin = 0
    parens = 0
    for position, c in enumerate(code):
        if c in "([":
            parens += 1
        elif c in ")]":
            parens -= 1
        elif c == ";" and parens == 0:
            heading_begin = position + 1
        elif c == "{":
            heading = code[heading_begin:position]
            inside = any(is_function for is_function, _, _, _ in stack)
            stack.append(
                (not inside and parens == 0 and _is_function(heading), position, heading, parens)
            )
            heading_begin, parens = position + 1, 0
        elif c == "}" and stack:
            is_function, begin, heading, parens = stack.pop()
            heading_begin = position + 1
            if is_function:
                data = sum(text.count("\n", *span) for span in raw if begin < span[0] < position)
                lines = code.count("\n", begin, position) + 1 - data
                yield code.count("\n", 0, begin) + 1, lines, " ".join(heading.split())


def _is_function(heading):
    """Whether what stands before an opening brace makes it a function's, not a type's, namespace's
    or table's."""
    flat = heading
    while True:  # drop what is in parentheses: default arguments, attributes
        flatter = re.sub(r"\([^()]*\)", "@", flat)
        if flatter == flat:
            break
        flat = flatter
    if "@" not in flat or re.search(r"\b(namespace|enum|union)\b", flat):
        return False
    if (
        re.search(r"\b(class|struct)\b", re.sub(r"template\s*<[^{]*?>\s*(?=\w)", "", flat))
        and "@" not in flat.split(":")[0]
    ):
        return False
    return not re.search(
        r"(?<![=!<>])=(?!=)", re.sub(r"operator\s*\S+", "", re.sub(r"<[^<>]*>", "", flat))
    )
