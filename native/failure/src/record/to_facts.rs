//! Converts the keys of a record to facts.

use std::borrow::Cow;

use vocabulary::{Arch, Language, Os, Trust};

use super::Naming;
use super::images::Images;
use super::layout::{self, Record};
use super::signal;
use super::stack::{Printed, printed};
use crate::hash::Mode;
use crate::name::{Facts, Frame, Mapping, Recursion, Stowed, Thrown};
use crate::reason::Access;

impl Record<'_> {
    /// Makes facts of the record and works with them.
    pub(super) fn with_facts<R>(&self, naming: &Naming, work: impl FnOnce(&Facts<'_>) -> R) -> R {
        let platform = self.platform();
        let process = self.process_name.as_deref().filter(|name| !name.is_empty());
        let given = self.images.clone().unwrap_or_default();
        let images = Images {
            // The kernel's modules have no extension in names.
            windows: platform == Os::Windows && self.mode.as_deref() != Some("km"),
            profile: naming.profile,
            given: &given,
            one: self.image_name.as_deref().map(|image| (self.module_name.as_deref(), image)),
            process,
        };
        let printed = self.printed();
        let names: Vec<Option<Cow<'_, str>>> = printed
            .iter()
            .map(|(frame, parts)| match parts.and_then(|parts| parts.image.as_deref()) {
                Some(image) => Some(Cow::Borrowed(image)),
                None => frame.module.and_then(|module| images.of(module, frame.function)),
            })
            .collect();
        let functions: Vec<Option<Cow<'_, str>>> =
            printed.iter().map(|(frame, _)| frame.function.map(|function| naming.readable(function))).collect();
        let frames: Vec<Frame<'_>> = printed
            .iter()
            .zip(names.iter().zip(&functions))
            .map(|((frame, parts), (image, function))| self.frame(frame, *parts, image.as_deref(), function.as_deref()))
            .collect();
        let parameters: Vec<u64> =
            self.exception_parameters.iter().flatten().map_while(|parameter| parameter.0).collect();
        let tags: Vec<&str> = self.tags.iter().flatten().map(AsRef::as_ref).filter(|tag| !tag.is_empty()).collect();
        let mut facts = Facts {
            platform,
            cpu: self.cpu(),
            mode: if self.mode.as_deref() == Some("km") { Mode::Kernel } else { Mode::User },
            parameters: &parameters,
            fault_address: self.fault_address.0,
            instruction: self.instruction.0,
            access: self.access.as_deref().or(self.read_write.as_deref()).and_then(access),
            mapping: mapping(self.mapping.as_deref()),
            sent: self.sent == Some(true) || self.si_code.as_ref().is_some_and(signal::is_sender),
            privileged: self.privileged_instruction == Some(true),
            stack_overflow: self.stack_overflow == Some(true),
            stack_pointer_mismatch: self.stack_pointer_mismatch == Some(true),
            verifier: self.application_verifier == Some(true),
            process,
            service_group: self.service_group(process),
            thread: self.thread,
            frames: &frames,
            recursion: self.recursion.as_ref().map(|known| Recursion { first: known.first, period: known.period }),
            truncated: self.truncated == Some(true),
            message: self.message.as_deref().or(self.abort_message.as_deref()),
            assertion: self.assertion.as_deref().filter(|text| !text.is_empty()),
            thrown: self.exception.as_ref().and_then(|thrown| thrown_of(thrown)),
            // A Mach code in words says what a resource or guard exception is about: `CPU`, `GUARD_TYPE_FD`.
            signal_code: self.si_code.as_ref().or(self.mach_code.as_ref()).and_then(layout::NumberOrText::text),
            termination: self.termination.0,
            termination_namespace: self.termination_namespace.as_deref(),
            requested: self.requested == Some(true),
            handled: self.handled == Some(true),
            hang: self.hang == Some(true),
            hang_kind: self.hang_kind.as_deref(),
            package: self.package.as_deref().filter(|name| !name.is_empty()),
            stowed: self.stowed.as_ref().map(|stowed| Stowed {
                hresult: stowed.hresult.low(),
                kind: stowed.kind.as_deref(),
                text: stowed.text.as_deref(),
            }),
            heap_error: self.heap_error.as_deref(),
            tags: &tags,
            vocabulary: naming.vocabulary,
            profile: naming.profile,
            rules: naming.rules.as_deref(),
            ..Facts::default()
        };
        self.exception(&mut facts);
        work(&facts)
    }

    /// What the record says the system was; else what its exception looks like.
    fn platform(&self) -> Os {
        let named = self.platform.as_deref().or(self.os.as_deref()).and_then(named_platform);
        named.unwrap_or_else(|| {
            let apple = self.mach_exception.is_some() || self.termination.0.is_some();
            if apple {
                Os::MacOs
            } else if self.signal.is_some() {
                Os::Linux
            } else {
                Os::Windows
            }
        })
    }

    fn cpu(&self) -> Option<Arch> {
        match self.cpu.as_deref().or(self.bitness.as_deref()).unwrap_or("") {
            "x86" | "i386" | "i686" => Some(Arch::X86),
            "amd64" | "x86_64" | "x64" => Some(Arch::Amd64),
            "arm64" | "aarch64" => Some(Arch::Arm64),
            "arm" | "armv7" => Some(Arch::Arm),
            _ => None,
        }
    }

    /// The frames, taken apart, each with its object if it is one.
    fn printed(&self) -> Vec<(Printed<'_>, Option<&layout::Parts<'_>>)> {
        // The frames of the innermost exception that has some.
        let own = self.exception.iter().flat_map(layout::Thrown::chain).filter_map(|thrown| thrown.stack.as_deref());
        let own = own.filter(|stack| !stack.is_empty()).last();
        let stack = own.or(self.stack.as_deref().filter(|stack| !stack.is_empty()));
        let stack = stack.or(self.frames.as_deref()).unwrap_or(&[]);
        let language = self.exception.as_ref().and_then(thrown_of).map(|thrown| thrown.language);
        if stack.is_empty() {
            // No stack, but the location of the crash.
            return self.faulting_ip.iter().map(|text| (printed(text), None)).collect();
        }
        stack
            .iter()
            .map(|frame| match frame {
                layout::Frame::Printed(text) => (managed(text, language).unwrap_or_else(|| printed(text)), None),
                layout::Frame::Parts(parts) => {
                    let frame = Printed {
                        module: parts.module.as_deref().filter(|name| !name.is_empty()),
                        function: parts.function.as_deref().filter(|_| parts.export != Some(true)),
                        offset: parts.offset.0,
                        inline: parts.inline == Some(true),
                    };
                    (frame, Some(parts))
                }
            })
            .collect()
    }

    fn frame<'r>(
        &self,
        frame: &Printed<'r>,
        parts: Option<&'r layout::Parts<'_>>,
        image: Option<&'r str>,
        function: Option<&'r str>,
    ) -> Frame<'r> {
        Frame {
            module: frame.module,
            image,
            function,
            file: parts.and_then(|parts| parts.file.as_deref()),
            inline: frame.inline,
            trust: parts.and_then(|parts| parts.trust.as_deref()).map_or(Trust::Cfi, trust),
            debug_id: parts.and_then(|parts| parts.debug_id.as_deref()),
            offset: frame.offset,
            unloaded: parts.is_some_and(|parts| parts.unloaded == Some(true)),
        }
    }

    /// The service group of a `svchost.exe`: said, or in its command line.
    fn service_group(&self, process: Option<&str>) -> Option<&str> {
        if let Some(group) = self.service_group.as_deref().filter(|group| !group.is_empty()) {
            return Some(group);
        }
        let line = self.command_line.as_deref()?;
        let is_host = process.is_some_and(|name| name.eq_ignore_ascii_case("svchost.exe"))
            || line
                .split_ascii_whitespace()
                .next()
                .is_some_and(|program| program.to_ascii_lowercase().contains("svchost"));
        let mut words = line.split_ascii_whitespace();
        words.by_ref().find(|word| *word == "-k").filter(|_| is_host)?;
        words.next()
    }

    /// Code, flags and address as the platform has them.
    fn exception(&self, facts: &mut Facts<'_>)
    where
        Self: Sized,
    {
        facts.address = self.exception_address.0.unwrap_or(0);
        facts.flags = self.exception_flags.low().unwrap_or(0);
        facts.code = self.exception_code.low();
        if facts.platform == Os::Windows {
            return;
        }
        let (number, _) = signal::signal(self.signal.as_ref());
        if facts.platform.is_apple() {
            facts.signal = self.signal.as_ref().and_then(signal::darwin);
            if let Some(exception) = self.mach_exception.as_ref().and_then(signal::mach_exception) {
                facts.code = Some(exception);
                facts.flags = signal::mach_code(exception, facts.cpu, self.mach_code.as_ref());
            }
        } else if number.is_some() {
            facts.code = number;
            facts.flags = signal::si_code(self.si_code.as_ref());
        }
        if facts.address == 0 {
            facts.address = self.fault_address.0.unwrap_or(0);
        }
    }
}

fn named_platform(name: &str) -> Option<Os> {
    let name = name.to_ascii_lowercase();
    Some(match name.split([' ', '-', '/']).next().unwrap_or("") {
        "windows" | "win32" | "win64" | "win" => Os::Windows,
        "linux" | "gnu" => Os::Linux,
        "android" => Os::Android,
        "macos" | "mac" | "osx" | "darwin" => Os::MacOs,
        "ios" | "ipados" | "tvos" | "watchos" | "visionos" => Os::Ios,
        _ => return None,
    })
}

pub(super) fn access(text: &str) -> Option<Access> {
    Some(match text.trim().to_ascii_lowercase().as_str() {
        "read" => Access::Read,
        "write" => Access::Write,
        "execute" | "exec" => Access::Execute,
        _ => return None,
    })
}

pub(super) fn mapping(text: Option<&str>) -> Mapping {
    match text {
        Some("unmapped") => Mapping::Unmapped,
        Some("not_executable") => Mapping::NotExecutable,
        Some("executable") => Mapping::Executable,
        _ => Mapping::Unknown,
    }
}

pub(super) fn trust(text: &str) -> Trust {
    match text {
        "context" | "given" => Trust::Context,
        "frame_pointer" => Trust::FramePointer,
        "leaf" => Trust::Leaf,
        "prologue" => Trust::Prologue,
        "cfi_scan" => Trust::CfiScan,
        "scan" => Trust::Scan,
        _ => Trust::Cfi,
    }
}

pub(super) fn language(name: &str) -> Option<Language> {
    Some(match name.trim().to_ascii_lowercase().as_str() {
        "c++" | "cpp" => Language::Cpp,
        "objective-c" | "objc" | "objectivec" => Language::ObjectiveC,
        "clr" | ".net" | "dotnet" | "c#" | "csharp" => Language::Clr,
        "jvm" | "java" | "kotlin" => Language::Jvm,
        "javascript" | "js" | "jse" => Language::JavaScript,
        "python" | "py" => Language::Python,
        "dart" | "flutter" => Language::Dart,
        "other" => Language::Unknown,
        _ => return None,
    })
}

/// A frame of managed code as text: a function alone, where others have a module.
fn managed<'r>(text: &'r str, language: Option<Language>) -> Option<Printed<'r>> {
    let language = language.filter(|language| language.is_managed())?;
    let text = text.trim();
    let file = [".dll", ".exe", ".winmd"].iter().any(|end| text.ends_with(end));
    let alone = !text.is_empty() && !text.contains(['!', ' ']) && !text.contains("+0x") && !text.starts_with("0x");
    let function = alone && !file && (text.contains('.') || language != Language::Clr);
    function.then_some(Printed { function: Some(text), ..Printed::default() })
}

/// The innermost cause of an exception.
fn thrown_of<'r>(outermost: &'r layout::Thrown<'_>) -> Option<Thrown<'r>> {
    let thrown = outermost.chain().last()?;
    let type_name = thrown.type_name.as_deref().filter(|name| !name.is_empty());
    // A type of .NET's own names its language.
    let guessed = || {
        let clr = thrown.hresult.0.is_some() || type_name.is_some_and(|name| name.starts_with("System."));
        clr.then_some(Language::Clr)
    };
    // Causes are of their exception's language unless they say otherwise.
    let told = outermost.chain().filter_map(|thrown| language(thrown.language.as_deref()?)).last();
    let language = told.or_else(guessed).or_else(|| type_name.map(|_| Language::Unknown))?;
    Some(Thrown { language, type_name, hresult: thrown.hresult.low() })
}
