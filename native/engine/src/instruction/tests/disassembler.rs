//! Against LLVM's disassembler, where `llvm-mc` is installed: what it calls a load or a store of some size at some
//! offset, we do, too.

use std::io::Write as _;
use std::process::{Command, Stdio};

use super::super::operand::Use::{self, Read, ReadWrite, Write};
use super::{A32, Arch, T32, code, context, of};

/// A fixed walk through numbers: the same words in every run.
struct Words(u64);

impl Iterator for Words {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Some((self.0 >> 32) as u32)
    }
}

/// The text of each instruction, `None` where LLVM knows none; `None` altogether where LLVM is not installed.
///
/// A marker follows each: LLVM continues in the middle of an unknown instruction.
fn llvm(triple: &str, instructions: &[Vec<u8>]) -> Option<Vec<Option<String>>> {
    let (features, marker, marked) = match triple {
        "aarch64" => ("-mattr=+v8.7a,+mte,+ls64,+fullfp16", "0xa0 0x79 0x35 0xd4", "brk #0xabcd"),
        "armv8a" => ("-mattr=+v8.2a,+neon,+vfp4,+fullfp16", "0xfd 0xbc 0xfa 0xe7", "udf #43981"),
        _ => ("-mattr=+v8.2a,+neon,+vfp4,+fullfp16", "0xab 0xde", "#171"),
    };
    let mut child = Command::new("llvm-mc")
        .args(["--disassemble", "-triple", triple, features])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    let lines: String = instructions
        .iter()
        .map(|bytes| format!("[{}]\n[{marker}]\n", bytes.iter().map(|b| format!("{b:#04x} ")).collect::<String>()))
        .collect();
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let mut known = vec![true; instructions.len()];
    for line in String::from_utf8_lossy(&output.stderr).lines().filter(|l| l.contains("invalid instruction")) {
        let number: usize = line.split(':').nth(1).unwrap().parse().unwrap();
        known[(number - 1) / 2] = false;
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let texts: Vec<_> = text.lines().filter(|l| l.starts_with('\t') && !l.starts_with("\t.")).collect();
    let texts: Vec<String> = texts.iter().map(|t| t.trim().replace('\t', " ")).collect();
    // Behind what looked like an IT the marker has a condition.
    let mut groups = texts.split(|t| t == marked || (t.starts_with("udf") && t.ends_with(marked)));
    let found = known.iter().map(|&known| groups.next().unwrap().first().filter(|_| known).cloned()).collect();
    assert_eq!(groups.next(), Some(&[][..]), "one group for each instruction");
    Some(found)
}

/// What the mnemonic does to memory. `Err`: nobody needs to know.
fn of_mnemonic(arch: Arch, text: &str) -> Result<Option<Use>, ()> {
    const ATOMIC: [&str; 8] = ["add", "clr", "eor", "set", "smax", "smin", "umax", "umin"];
    let mnemonic = text.split([' ', '.']).next().unwrap();
    let begins = |any: &[&str]| any.iter().any(|start| mnemonic.starts_with(start));
    if arch == Arch::Arm {
        let into_pc = text.split_once(' ').is_some_and(|(_, operands)| operands.starts_with("pc,"));
        return match () {
            // Bytes and halves loaded into the program counter are prefetches, or unpredictable.
            () if into_pc && begins(&["ldrb", "ldrsb", "ldrh", "ldrsh"]) => Err(()),
            // Coprocessors other than floating point, and what exceptions use.
            () if begins(&["ldc", "stc", "rfe", "srs"]) => Err(()),
            () if begins(&["ld", "pop", "vld", "vpop", "tbb", "tbh", "fld"]) => Ok(Some(Read)),
            () if begins(&["st", "push", "vst", "vpush", "fst"]) => Ok(Some(Write)),
            () if begins(&["swp"]) => Ok(Some(ReadWrite)),
            () => Ok(None),
        };
    }
    match () {
        () if begins(&["ldgm", "stgm", "stzgm"]) => Err(()),
        () if begins(&["swp", "cas"]) => Ok(Some(ReadWrite)),
        () if begins(&["ld", "st"]) && ATOMIC.iter().any(|a| mnemonic[2..].starts_with(a)) => Ok(Some(ReadWrite)),
        () if begins(&["ld"]) => Ok(Some(Read)),
        () if begins(&["st"]) => Ok(Some(Write)),
        () => Ok(None),
    }
}

/// The address that the operand in brackets says, if it is a register with at most a number.
fn of_operand(arch: Arch, status: u32, text: &str) -> Option<u64> {
    let (_, rest) = text.split_once('[')?;
    let (inside, _) = rest.split_once(']')?;
    let mut parts = inside.split(", ");
    let name = parts.next()?.split(':').next()?;
    let number = match parts.next() {
        None => 0,
        Some(number) => number.strip_prefix('#')?.parse::<i64>().ok()?,
    };
    if parts.next().is_some() || name.starts_with('v') {
        return None;
    }
    let registers = context(arch, status).registers;
    let names = match arch {
        Arch::Arm => ["r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "sp", "lr"],
        _ => ["x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14"],
    };
    let own = names.iter().position(|&n| n == name).or_else(|| (name == "sp").then_some(31))?;
    registers.get(u8::try_from(own).ok()?).map(|base| base.wrapping_add_signed(number) & arch.word_mask())
}

/// Bytes of the plain loads and stores of AArch64, by their names and first registers.
fn of_registers(text: &str) -> Option<u64> {
    let (mnemonic, operands) = text.split_once(' ')?;
    let plain = ["ldr", "ldur", "ldtr", "str", "stur", "sttr", "ldar", "stlr", "ldp", "stp", "ldnp", "stnp", "ldxr"];
    let ending =
        mnemonic.strip_prefix(plain.into_iter().filter(|p| mnemonic.starts_with(p)).max_by_key(|p| p.len())?)?;
    let register = match operands.as_bytes().first()? {
        b'b' => 1,
        b'h' => 2,
        b'w' | b's' => 4,
        b'x' | b'd' => 8,
        b'q' => 16,
        _ => return None,
    };
    let each = match ending {
        "" => register,
        "b" | "sb" => 1,
        "h" | "sh" => 2,
        "sw" => 4,
        _ => return None,
    };
    let pair = mnemonic.contains('p');
    Some(if pair { each * 2 } else { each })
}

fn compare(triple: &str, arch: Arch, status: u32, instructions: &[Vec<u8>]) {
    let Some(texts) = llvm(triple, instructions) else { return };
    let (mut loads, mut wrong) = (0, Vec::new());
    for (bytes, text) in instructions.iter().zip(&texts) {
        let Some(text) = text else { continue };
        let Ok(kind) = of_mnemonic(arch, text) else { continue };
        let accesses = of(arch, status, bytes).map(|d| d.accesses).unwrap_or_default();
        let ours = accesses.first();
        loads += usize::from(kind.is_some());
        let size = if arch == Arch::Arm64 { of_registers(text) } else { None };
        let literal = text.contains("[pc") || !text.contains('[');
        let address = if literal { None } else { of_operand(arch, status, text) };
        let same = ours.map(|a| a.kind) == kind
            && (ours.is_none() || size.is_none() || ours.and_then(|a| a.size) == size)
            && (ours.is_none() || address.is_none() || ours.and_then(|a| a.address) == address);
        if !same {
            wrong.push(format!("{bytes:02x?} {text}: {kind:?} {size:?} {address:x?}, ours {ours:x?}"));
        }
    }
    assert!(loads * 5 > texts.len(), "only {loads} loads and stores in {}", texts.len());
    assert!(wrong.is_empty(), "{} of {loads}: {:#?}", wrong.len(), &wrong[..wrong.len().min(40)]);
}

const COUNT: usize = 6000;

#[test]
fn arm64() {
    let words: Vec<_> = Words(1).take(COUNT).map(|w| (w & !0x0200_0000 | 0x0800_0000).to_le_bytes().to_vec()).collect();
    compare("aarch64", Arch::Arm64, 0, &words);
}

#[test]
fn arm() {
    // Loads and stores are where bit 27 and bit 26 differ, and among the first eighth; one in eight without condition.
    let words = Words(2).take(COUNT).map(|w| match w & 3 {
        0 => w & 0x01ff_ffff | 0xe000_0090,
        1 => w & 0x01ff_ffff | 0xf400_0000,
        2 => w & 0x03ff_ffff | 0xe400_0000,
        _ => w & 0x01ff_ffff | if w & 4 == 0 { 0xe800_0000 } else { 0xec00_0a00 },
    });
    compare("armv8a", Arch::Arm, A32, &words.map(|w| w.to_le_bytes().to_vec()).collect::<Vec<_>>());
}

#[test]
fn thumb() {
    let wide = Words(3).take(COUNT).map(|w| code(T32, w & 0x1bff_ffff | 0xe000_0000 | 0x0800_0000, false));
    let narrow = (0u32..0xe800).step_by(7).map(|w| code(T32, w, true));
    // LLVM keeps an IT in mind for what follows.
    let it = |bytes: &Vec<u8>| bytes.len() == 2 && (bytes[1] == 0xbf || bytes[..] == [0xab, 0xde]);
    compare("thumbv8a", Arch::Arm, T32, &wide.chain(narrow).filter(|b| !it(b)).collect::<Vec<_>>());
}
