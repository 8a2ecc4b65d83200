"""STACK CFI and STACK WIN: order, duplicates, programs, and rules that fail."""

HEAD = "MODULE Linux x86_64 000102030405060708090A0B0C0D0E0F0 app\n"
WIN = "MODULE windows x86 000102030405060708090A0B0C0D0E0F1 app.pdb\n"
INIT = ".cfa: $rsp 8 + .ra: .cfa 8 - ^"


def case(what, data, **more):
    return dict(data=data, what=what, **more)


CFI = {
    "cfi-deltas": case("deltas apply in the order of their addresses up to the looked-up one", HEAD + f"STACK CFI INIT 1000 20 {INIT}\nSTACK CFI 1001 .cfa: $rsp 16 + $rbp: .cfa 16 - ^\nSTACK CFI 1004 .cfa: $rbp 16 +\n",
        cfi={"1000": [INIT], "1001": [INIT, ".cfa: $rsp 16 + $rbp: .cfa 16 - ^"], "101f": [INIT, ".cfa: $rsp 16 + $rbp: .cfa 16 - ^", ".cfa: $rbp 16 +"], "1020": []}),
    "cfi-unsorted": case("deltas unsorted, one before its INIT, one at the INIT's own address", HEAD + f"STACK CFI 1004 .cfa: $rbp 16 +\nSTACK CFI INIT 1000 20 {INIT}\nSTACK CFI 1008 .cfa: $rbp 24 +\nSTACK CFI 1000 .cfa: $rsp 32 +\n",
        cfi={"1004": [INIT, ".cfa: $rsp 32 +", ".cfa: $rbp 16 +"], "1008": [INIT, ".cfa: $rsp 32 +", ".cfa: $rbp 16 +", ".cfa: $rbp 24 +"]}),
    "cfi-undef": case(".undef: the value cannot be had; for .ra the stack ends here", HEAD + "STACK CFI INIT 1000 10 .cfa: $rsp 8 + .ra: .undef\nSTACK CFI INIT 2000 10 .cfa: $rsp 8 + .ra: .cfa 8 - ^ $rbx: .undef\n",
        cfi={"1004": [".cfa: $rsp 8 + .ra: .undef"], "2004": [".cfa: $rsp 8 + .ra: .cfa 8 - ^ $rbx: .undef"]}),
    "cfi-failing-rules": case("division and modulo by zero, an unknown register, an empty stack, too many values: that rule fails", HEAD
        + "STACK CFI INIT 1000 10 .cfa: $rsp 8 + .ra: .cfa 8 - ^ $rbx: $rax 0 /\nSTACK CFI INIT 2000 10 .cfa: $rsp 8 + .ra: .cfa 8 - ^ $rbx: $rax 0 %\nSTACK CFI INIT 3000 10 .cfa: $rsp 8 + .ra: .cfa 8 - ^ $rbx: $nonsense\n"
        + "STACK CFI INIT 4000 10 .cfa: + .ra: .cfa 8 - ^\nSTACK CFI INIT 5000 10 .cfa: $rsp 8 .ra: .cfa 8 - ^\nSTACK CFI INIT 6000 10 .cfa: $rsp 0x10 + .ra: .cfa 8 - ^\n", cfi={}),
    "cfi-malformed": case("an INIT without rules, a rule without a value, a record with nothing behind its name, numbers that are none", HEAD
        + f"STACK CFI INIT 1000 10\nSTACK CFI INIT 2000 10 .cfa:\nSTACK CFI\nSTACK CFI INIT zz 10 {INIT}\nSTACK\nSTACK CFI INIT 3000 10 {INIT}\n", cfi={"3004": [INIT]}),
    "cfi-overlap": case("two INITs over the same addresses: the first", HEAD + f"STACK CFI INIT 1000 20 {INIT}\nSTACK CFI INIT 1010 20 .cfa: $rsp 99 + .ra: .cfa 8 - ^\n", ambiguous=True, cfi={"1004": [INIT]}),
    "cfi-arm64": case("arm64: the return address in x30 until it is saved; vector registers named too", HEAD.replace("x86_64", "arm64")
        + "STACK CFI INIT 1000 20 .cfa: sp 0 + .ra: x30\nSTACK CFI 1004 .cfa: sp 32 + .ra: .cfa -24 + ^ x29: .cfa -32 + ^ v8: .cfa -16 + ^\nSTACK CFI 101c .cfa: sp 0 + .ra: x30 x29: x29\n",
        cfi={"1000": [".cfa: sp 0 + .ra: x30"], "1008": [".cfa: sp 0 + .ra: x30", ".cfa: sp 32 + .ra: .cfa -24 + ^ x29: .cfa -32 + ^ v8: .cfa -16 + ^"]}),
    "cfi-thumb": case("arm: a PUBLIC with the Thumb bit in its address", HEAD.replace("x86_64", "arm") + "PUBLIC 1001 0 thumb\nSTACK CFI INIT 1000 10 .cfa: sp 0 + .ra: lr\nSTACK CFI 1002 .cfa: sp 8 + .ra: .cfa -4 + ^ r4: .cfa -8 + ^\n",
        look_ups={"1002": [["thumb", None, None]]}, cfi={"1000": [".cfa: sp 0 + .ra: lr"]}),
    "cfi-only": case("MODULE, INFO and STACK alone, as dumpers of PE files without PDB write", HEAD.replace("Linux", "windows") + "INFO CODE_ID 5F000000A000 app.dll\n" + f"STACK CFI INIT 1000 20 {INIT}\nSTACK CFI 1000 .cfa: $rsp 40 +\n",
        cfi={"1000": [INIT, ".cfa: $rsp 40 +"]}, look_ups={"1000": []}),
    "win-programs": case("frame data programs: plain, with saved registers, with @ for an aligned frame, glued =$eip, .cbParams and friends", WIN
        + "STACK WIN 4 1000 30 3 0 c 0 c 0 1 $T0 .raSearch = $eip $T0 ^ = $esp $T0 4 + =\n"
        + "STACK WIN 4 2000 30 3 0 8 8 10 0 1 $T0 $ebp = $eip $T0 4 + ^ = $ebp $T0 ^ = $esp $T0 8 + = $L $T0 .cbSavedRegs - = $P $T0 8 + .cbParams + =\n"
        + "STACK WIN 4 3000 30 6 0 4 4 20 0 1 $T1 .raSearch = $T0 $T1 4 - 8 @ = $ebp $T1 4 - ^ = $eip $T1 ^ = $esp $T1 4 + = $ebx $T0 28 - ^ =\n"
        + "STACK WIN 4 4000 10 0 0 0 0 0 0 1 $T0 .raSearch =$eip $T0 ^ =$esp $T0 4 + =\n",
        win={"1004": dict(type=4, params=12, locals=12), "2004": dict(type=4, saved=8), "3004": dict(type=4), "4004": dict(type=4)}),
    "win-fpo": case("FPO records: base pointer allocated or not; types 1 to 3 are not used", WIN
        + "STACK WIN 0 1000 20 3 0 8 4 10 0 0 0\nSTACK WIN 0 2000 20 3 0 8 4 10 0 0 1\nSTACK WIN 1 3000 20 0 0 0 0 0 0 0 0\nSTACK WIN 2 3000 20 0 0 0 0 0 0 0 0\nSTACK WIN 3 3000 20 0 0 0 0 0 0 0 0\n",
        win={"1004": dict(type=0, allocates_base_pointer=False), "2004": dict(type=0, allocates_base_pointer=True), "3004": None}),
    "win-both": case("frame data and FPO over the same address: frame data first", WIN + "STACK WIN 0 1000 20 3 0 8 4 10 0 0 0\nSTACK WIN 4 1000 20 3 0 8 4 10 0 1 $T0 .raSearch = $eip $T0 ^ = $esp $T0 4 + =\n", win={"1004": dict(type=4)}),
    "win-nested": case("records inside records: the innermost", WIN + "STACK WIN 4 1000 30 3 0 c 0 0 0 1 $T0 .raSearch = $eip $T0 ^ = $esp $T0 4 + =\nSTACK WIN 4 1003 2d 0 0 c 0 c 0 1 $T0 .raSearch = $eip $T0 ^ = $esp $T0 4 + =\n",
        win={"1001": dict(locals=0), "1010": dict(locals=12)}),
    "win-mismatch": case("a program where the type has none, none where it should have one", WIN + "STACK WIN 0 1000 20 3 0 8 4 10 0 1 $eip .raSearch ^ = $esp .raSearch 4 + =\nSTACK WIN 4 2000 20 3 0 8 4 10 0 0 1\n",
        win={"1004": dict(type=0, program=True), "2004": dict(type=4, program=False)}),
    "win-malformed": case("too few fields, an unknown type, numbers that are none", WIN + "STACK WIN\nSTACK WIN 4 1000\nSTACK WIN 9 1000 20 0 0 0 0 0 0 0 0\nSTACK WIN 4 zz 20 0 0 0 0 0 0 1 $eip\nSTACK WIN 0 1000 20 3 0 8 4 10 0 0 0\n", win={"1004": dict(type=0)}),
    "win-zero-division": case("a program that divides by zero, one that assigns to a number, one that leaves $esp out", WIN
        + "STACK WIN 4 1000 20 0 0 0 0 0 0 1 $T0 1 0 / = $eip $T0 ^ = $esp $T0 4 + =\nSTACK WIN 4 2000 20 0 0 0 0 0 0 1 5 $eip = $esp 4 =\nSTACK WIN 4 3000 20 0 0 0 0 0 0 1 $eip .raSearch ^ =\n", win={}),
}
