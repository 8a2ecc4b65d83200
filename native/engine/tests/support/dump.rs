//! Small minidumps, made by hand.

/// Puts a dump together stream by stream.
#[derive(Default)]
pub(crate) struct Builder {
    streams: Vec<(u32, Vec<u8>)>,
    /// Data that streams point to, behind them; offsets are patched when the file is laid out.
    data: Vec<u8>,
    patches: Vec<(usize, usize, usize)>,
}

const HEADER: usize = 32;

impl Builder {
    /// A stream of a type; returns its index for [`Builder::patch`].
    pub(crate) fn stream(&mut self, kind: u32, bytes: Vec<u8>) -> usize {
        self.streams.push((kind, bytes));
        self.streams.len() - 1
    }

    /// Append data; returns its place.
    pub(crate) fn data(&mut self, bytes: &[u8]) -> usize {
        let at = self.data.len();
        self.data.extend_from_slice(bytes);
        at
    }

    /// A string as minidumps have them, from UTF-16 units that need not be valid.
    pub(crate) fn string(&mut self, units: &[u16]) -> usize {
        let mut bytes = u32::try_from(units.len() * 2).unwrap().to_le_bytes().to_vec();
        bytes.extend(units.iter().flat_map(|u| u.to_le_bytes()));
        bytes.extend([0, 0]);
        self.data(&bytes)
    }

    /// Have the file offset of data written into a stream.
    pub(crate) fn patch(&mut self, stream: usize, at: usize, data: usize) {
        self.patches.push((stream, at, data));
    }

    /// SystemInfo of Windows 10 on x86-64.
    pub(crate) fn windows_x64(&mut self) {
        let mut s = vec![0u8; 56];
        s[0] = 9;
        s[6] = 4;
        s[8] = 10;
        s[20] = 2;
        self.stream(7, s);
    }

    /// SystemInfo of Linux on x86-64.
    pub(crate) fn linux_x64(&mut self) {
        let mut s = vec![0u8; 56];
        s[0] = 9;
        s[6] = 4;
        s[20..24].copy_from_slice(&0x8201u32.to_le_bytes());
        self.stream(7, s);
    }

    /// An exception of a thread, without registers of its own.
    pub(crate) fn exception(&mut self, thread: u32, code: u32, flags: u32, address: u64, parameters: &[u64]) {
        let mut s = vec![0u8; 168];
        s[0..4].copy_from_slice(&thread.to_le_bytes());
        s[8..12].copy_from_slice(&code.to_le_bytes());
        s[12..16].copy_from_slice(&flags.to_le_bytes());
        s[24..32].copy_from_slice(&address.to_le_bytes());
        s[32..36].copy_from_slice(&u32::try_from(parameters.len()).unwrap().to_le_bytes());
        for (slot, parameter) in s[40..160].chunks_mut(8).zip(parameters) {
            slot.copy_from_slice(&parameter.to_le_bytes());
        }
        self.stream(6, s);
    }

    /// One thread with this program counter and stack, on x86-64.
    pub(crate) fn thread_x64(&mut self, id: u32, rip: u64, rsp: u64, stack: &[u8]) {
        let mut context = vec![0u8; 1232];
        context[48..52].copy_from_slice(&0x0010_000bu32.to_le_bytes());
        context[152..160].copy_from_slice(&rsp.to_le_bytes());
        context[248..256].copy_from_slice(&rip.to_le_bytes());
        let mut s = 1u32.to_le_bytes().to_vec();
        s.resize(4 + 48, 0);
        s[4..8].copy_from_slice(&id.to_le_bytes());
        s[28..36].copy_from_slice(&rsp.to_le_bytes());
        s[36..40].copy_from_slice(&u32::try_from(stack.len()).unwrap().to_le_bytes());
        s[44..48].copy_from_slice(&1232u32.to_le_bytes());
        let stream = self.stream(3, s);
        let stack = self.data(stack);
        let context = self.data(&context);
        self.patch(stream, 40, stack);
        self.patch(stream, 48, context);
    }

    /// The environment block of the thread added last.
    pub(crate) fn set_teb(&mut self, address: u64) {
        let threads = self.streams.iter_mut().rev().find(|(kind, _)| *kind == 3).unwrap();
        threads.1[20..28].copy_from_slice(&address.to_le_bytes());
    }

    /// A list of modules: base, size, name in UTF-16, GUID (all zero: no CodeView record).
    pub(crate) fn modules(&mut self, modules: &[(u64, u32, &[u16], [u8; 16])]) {
        let mut s = u32::try_from(modules.len()).unwrap().to_le_bytes().to_vec();
        s.resize(4 + 108 * modules.len(), 0);
        let stream = self.stream(4, s);
        for (i, (base, size, name, guid)) in modules.iter().enumerate() {
            let at = 4 + 108 * i;
            let s = &mut self.streams[stream].1;
            s[at..at + 8].copy_from_slice(&base.to_le_bytes());
            s[at + 8..at + 12].copy_from_slice(&size.to_le_bytes());
            let name = self.string(name);
            self.patch(stream, at + 20, name);
            if *guid != [0; 16] {
                let mut cv = b"RSDS".to_vec();
                cv.extend(guid);
                cv.extend(1u32.to_le_bytes());
                cv.extend(b"c:\\build\\App.pdb\0");
                self.streams[stream].1[at + 76..at + 80]
                    .copy_from_slice(&u32::try_from(cv.len()).unwrap().to_le_bytes());
                let cv = self.data(&cv);
                self.patch(stream, at + 80, cv);
            }
        }
    }

    /// A list of unloaded modules: base, size, name.
    pub(crate) fn unloaded(&mut self, modules: &[(u64, u32, &str)]) {
        let mut s = Vec::new();
        for n in [12, 24, u32::try_from(modules.len()).unwrap()] {
            s.extend(u32::to_le_bytes(n));
        }
        s.resize(12 + 24 * modules.len(), 0);
        let stream = self.stream(14, s);
        for (i, (base, size, name)) in modules.iter().enumerate() {
            let at = 12 + 24 * i;
            let s = &mut self.streams[stream].1;
            s[at..at + 8].copy_from_slice(&base.to_le_bytes());
            s[at + 8..at + 12].copy_from_slice(&size.to_le_bytes());
            let name = self.string(&name.encode_utf16().collect::<Vec<_>>());
            self.patch(stream, at + 20, name);
        }
    }

    /// The file.
    pub(crate) fn build(mut self) -> Vec<u8> {
        let directory = HEADER;
        let mut at = directory + 12 * self.streams.len();
        let starts: Vec<usize> = self
            .streams
            .iter()
            .map(|(_, bytes)| {
                let start = at;
                at += bytes.len();
                start
            })
            .collect();
        for &(stream, place, data) in &self.patches {
            let rva = u32::try_from(at + data).unwrap();
            self.streams[stream].1[place..place + 4].copy_from_slice(&rva.to_le_bytes());
        }
        let mut file = b"MDMP\x93\xa7\0\0".to_vec();
        for n in [self.streams.len(), directory, 0, 1_600_000_000] {
            file.extend(u32::try_from(n).unwrap().to_le_bytes());
        }
        file.extend(0u64.to_le_bytes());
        for ((kind, bytes), start) in self.streams.iter().zip(&starts) {
            for n in [*kind as usize, bytes.len(), *start] {
                file.extend(u32::try_from(n).unwrap().to_le_bytes());
            }
        }
        for (_, bytes) in &self.streams {
            file.extend(bytes);
        }
        file.extend(&self.data);
        file
    }
}
