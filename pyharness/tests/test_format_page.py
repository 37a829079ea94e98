"""A second codec, made of nothing but the grammar on core/chain/FORMAT.md, on what the C++ codec
wrote."""

import hashlib
import re
from pathlib import Path

import pytest
from aivmsim import VM, Block, SignedOperation, op

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "fuzz/corpus"
BODIES = [
    "RegisterProvider",
    "DeregisterProvider",
    "WithdrawBond",
    "RegisterModel",
    "SubmitTask",
    "Commit",
    "Reveal",
    "SubmitResult",
    "Challenge",
    "ChallengeReveal",
    "DisputeMove",
    "ClaimRewards",
    "Attest",
    "ModelUpdate",
    "Evidence",
    "AddBond",
    "RetireModel",
    "JoinValidators",
    "WithdrawStake",
]


class Malformed(Exception):
    pass


def read_rules() -> dict[str, list[tuple[str, str]]]:
    """Rule name -> its parts (name, type), from the page's one block of grammar."""
    page = (ROOT / "core/chain/FORMAT.md").read_text()
    (grammar,) = re.findall(r"```grammar\n(.*?)```", page, re.S)
    rules = {}
    for line in filter(None, grammar.splitlines()):
        name, parts = line.split("=")
        rules[" ".join(name.split())] = [
            ("", part) if part.startswith('"') else tuple(part.split(":", 1))
            for part in parts.split()
        ]
    return rules


RULES = read_rules()


class Cursor:
    def __init__(self, data: bytes):
        self.data, self.at = data, 0

    def take(self, count: int) -> bytes:
        piece = self.data[self.at : self.at + count]
        if len(piece) != count:
            raise Malformed("truncated")
        self.at += count
        return piece

    def number(self, width: int) -> int:
        return int.from_bytes(self.take(width), "big")


def whole(rule: str, data: bytes):
    cursor = Cursor(data)
    value = read_rule(rule, cursor)
    if cursor.at != len(data):
        raise Malformed("bytes are left over")
    return value


def read_rule(rule: str, cursor: Cursor):
    return [(name, kind, read(kind, cursor)) for name, kind in RULES[rule]]


def read(kind: str, cursor: Cursor):
    if kind.startswith('"'):
        if cursor.number(1) != int(kind.strip('"')):
            raise Malformed("another kind")
        return None
    if kind.isdigit():
        return cursor.take(int(kind))
    if kind in ("u8", "u16", "u32", "u64"):
        return cursor.number(int(kind[1:]) // 8)
    if kind == "bool":
        value = cursor.number(1)
        if value > 1:
            raise Malformed("neither 0 nor 1")
        return value
    if kind in ("bytes", "string"):
        return cursor.take(cursor.number(4))
    if inner := re.fullmatch(r"(\w+)\((\w+)\)", kind):
        return read_made_of(inner[1], inner[2], cursor)
    return read_rule(kind, cursor)


def read_made_of(maker: str, kind: str, cursor: Cursor):
    if maker == "list":
        return [read(kind, cursor) for _ in range(cursor.number(4))]
    if maker == "optional":
        return read(kind, cursor) if read("bool", cursor) else None
    if maker == "bytes":
        return whole(kind, cursor.take(cursor.number(4)))
    assert maker == "one_of"
    number = cursor.number(1)
    if f"{kind} {number}" not in RULES:
        raise Malformed("an unknown kind")
    return number, read_rule(f"{kind} {number}", cursor)


def write_rule(fields) -> bytes:
    return b"".join(write(kind, value) for _, kind, value in fields)


def write(kind: str, value) -> bytes:
    if kind.startswith('"'):
        return bytes([int(kind.strip('"'))])
    if kind.isdigit():
        return value
    if kind in ("u8", "u16", "u32", "u64"):
        return value.to_bytes(int(kind[1:]) // 8, "big")
    if kind == "bool":
        return bytes([value])
    if kind in ("bytes", "string"):
        return len(value).to_bytes(4, "big") + value
    if inner := re.fullmatch(r"(\w+)\((\w+)\)", kind):
        return write_made_of(inner[1], inner[2], value)
    return write_rule(value)


def write_made_of(maker: str, kind: str, value) -> bytes:
    if maker == "list":
        return len(value).to_bytes(4, "big") + b"".join(write(kind, item) for item in value)
    if maker == "optional":
        return b"\0" if value is None else b"\1" + write(kind, value)
    if maker == "bytes":
        return write("bytes", write_rule(value))
    number, fields = value
    return bytes([number]) + write_rule(fields)


def field(fields, name: str):
    (value,) = [value for key, _, value in fields if key == name]
    return value


def corpus(folder: str, pattern: str, skip: int = 0):
    files = sorted((CORPUS / folder).glob(pattern))
    assert files
    return [pytest.param(file.read_bytes()[skip:], id=file.name) for file in files]


@pytest.mark.parametrize(
    "data", corpus("block_codec", "block_*", skip=1)
)  # that byte picks the parser
def test_the_page_reads_and_writes_the_blocks_of_the_codec(data):
    sealed = whole("sealed_block", data)
    assert write_rule(sealed) == data
    block, body = Block.from_bytes(data), field(sealed, "block")
    assert block.to_bytes() == data
    assert block.id == "0x" + hashlib.sha256(write_rule(body)).hexdigest()
    assert (block.height, block.timestamp_ns) == (
        field(body, "height"),
        field(body, "timestamp_ns"),
    )
    written = [field(field(signed, "operation"), "body")[0] for signed in field(body, "operations")]
    assert [BODIES[number] for number in written] == [
        operation.kind for operation in block.operations
    ]


@pytest.mark.parametrize("data", corpus("vertex_codec", "[!e]*"))
def test_the_page_reads_and_writes_the_vertices_of_the_codec(data):
    assert write_rule(whole("sealed_vertex", data)) == data


@pytest.mark.parametrize("name", [*BODIES, "DisputeMove_verdict"])
def test_the_page_and_the_codec_read_and_write_every_kind_of_operation(name):
    data = (CORPUS / f"operation_codec/{name}").read_bytes()
    signed = whole("signed_operation", data)
    assert write_rule(signed) == data
    assert SignedOperation.from_bytes(data).to_bytes() == data
    assert BODIES[field(field(signed, "operation"), "body")[0]] == name.split("_")[0]


def test_the_page_reads_a_block_of_today():
    vm = VM(["alice", "paula"])
    vm.execute(op.RegisterProvider("p-1", models=["qwen3-8b"]), sender="paula")
    data = vm.execute(op.SubmitTask("job", model_id="qwen3-8b"), sender="alice").to_bytes()
    sealed = whole("sealed_block", data)
    assert write_rule(sealed) == data
    (signed,) = field(field(sealed, "block"), "operations")
    operation = field(signed, "operation")
    number, fields = field(operation, "body")
    assert BODIES[number] == "SubmitTask" and field(fields, "job_id") == b"job"


def test_the_page_refuses_what_the_codec_refuses():
    data = (CORPUS / "block_codec/block_two_operations").read_bytes()[1:]
    for cut in range(0, len(data), 7):
        with pytest.raises(Malformed):
            whole("sealed_block", data[:cut])
    with pytest.raises(Malformed):
        whole("sealed_block", data + b"\0")
