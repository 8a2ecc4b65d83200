//! The body of a request: jobs of modules and stacks.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, Visitor};

use crate::limits::{STACK_FRAMES, STACK_JOBS, STACK_MODULES, STACK_NAME_BYTES};

/// Characters of a parser's message that are passed on: it may quote the request.
const MESSAGE: usize = 200;

/// Why a request is refused, in one line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Fault(String);

impl Fault {
    fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    fn of_json(error: &serde_json::Error) -> Self {
        Self(error.to_string().chars().take(MESSAGE).map(|c| if c.is_control() { ' ' } else { c }).collect())
    }
}

/// A request: the stacks of one job or of several.
#[derive(Debug)]
pub struct StackRequest {
    pub(super) jobs: Vec<Job>,
    /// Each module once.
    pub(super) modules: Vec<Module>,
}

/// A module that some job names.
#[derive(Debug)]
pub(super) struct Module {
    pub(super) name: String,
    pub(super) id: String,
    /// Whether a frame leads into it: the symbols of others are not looked for.
    pub(super) used: bool,
}

#[derive(Debug)]
pub(super) struct Job {
    /// For each of its modules which one of the request it is.
    pub(super) modules: Vec<usize>,
    pub(super) stacks: Vec<Vec<Frame>>,
}

/// The index of a module in its job, and the offset in the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    /// `None` for an address that is in no module.
    pub(super) module: Option<u32>,
    /// `None` for -1, which clients send where they have no offset.
    pub(super) offset: Option<u64>,
}

impl StackRequest {
    /// Read a request of version 5: an object with `jobs`, or one job.
    ///
    /// # Errors
    /// It is not JSON, not of this form, or beyond a limit.
    pub fn of_version_5(body: &[u8]) -> Result<Self, Fault> {
        let body: Body = serde_json::from_slice(body).map_err(|error| Fault::of_json(&error))?;
        match body {
            Body { jobs: Some(jobs), .. } => Self::new(jobs),
            Body { jobs: None, memory_map: Some(memory_map), stacks: Some(stacks) } => {
                Self::new(vec![RawJob { memory_map, stacks }])
            }
            _ => Err(Fault::new("neither `jobs`, nor `memoryMap` and `stacks`")),
        }
    }

    /// Read a request of version 4: one job.
    ///
    /// # Errors
    /// It is not JSON, not of this form, or beyond a limit.
    pub fn of_version_4(body: &[u8]) -> Result<Self, Fault> {
        Self::new(vec![serde_json::from_slice(body).map_err(|error| Fault::of_json(&error))?])
    }

    /// The names and ids of the modules that frames lead into, by their numbers.
    pub fn modules(&self) -> impl Iterator<Item = (usize, &str, &str)> {
        let used = self.modules.iter().enumerate().filter(|(_, module)| module.used);
        used.map(|(number, module)| (number, module.name.as_str(), module.id.as_str()))
    }

    /// How many frames there are.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.jobs.iter().flat_map(|job| &job.stacks).map(Vec::len).sum()
    }

    /// The offsets that are looked up in a module, by its number.
    #[must_use]
    pub fn addresses(&self, module: usize) -> BTreeSet<u64> {
        let frames = self.jobs.iter().flat_map(|job| job.stacks.iter().flatten().map(move |frame| (job, frame)));
        let own = frames.filter(|(job, frame)| {
            frame.module.is_some_and(|index| job.modules.get(index as usize).is_some_and(|&own| own == module))
        });
        own.filter_map(|(_, frame)| frame.offset).collect()
    }

    fn new(raw: Vec<RawJob>) -> Result<Self, Fault> {
        if raw.len() > STACK_JOBS {
            return Err(Fault::new(format!("more than {STACK_JOBS} jobs")));
        }
        if raw.iter().map(|job| job.memory_map.len()).sum::<usize>() > STACK_MODULES {
            return Err(Fault::new(format!("more than {STACK_MODULES} modules")));
        }
        let frames: usize = raw.iter().flat_map(|job| &job.stacks).map(Vec::len).sum();
        if frames > STACK_FRAMES {
            return Err(Fault::new(format!("more than {STACK_FRAMES} frames: send them in several requests")));
        }
        let mut request = Self { jobs: Vec::with_capacity(raw.len()), modules: Vec::new() };
        let mut numbers: HashMap<(String, String), usize> = HashMap::new();
        for (number, job) in raw.into_iter().enumerate() {
            let mut modules = Vec::with_capacity(job.memory_map.len());
            for (name, id) in job.memory_map {
                if name.len() > STACK_NAME_BYTES || id.len() > STACK_NAME_BYTES {
                    return Err(Fault::new(format!("job {number}: the name or id of a module is too long")));
                }
                let next = request.modules.len();
                let at = *numbers.entry((name, id)).or_insert_with_key(|(name, id)| {
                    request.modules.push(Module { name: name.clone(), id: id.clone(), used: false });
                    next
                });
                modules.push(at);
            }
            for frame in job.stacks.iter().flatten() {
                let Some(module) = frame.module else { continue };
                let Some(&at) = modules.get(module as usize) else {
                    return Err(Fault::new(format!(
                        "job {number}: a frame is in module {module}, of {}",
                        modules.len()
                    )));
                };
                if let Some(module) = request.modules.get_mut(at) {
                    module.used = true;
                }
            }
            request.jobs.push(Job { modules, stacks: job.stacks });
        }
        Ok(request)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    jobs: Option<Vec<RawJob>>,
    memory_map: Option<Vec<(String, String)>>,
    stacks: Option<Vec<Vec<Frame>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawJob {
    memory_map: Vec<(String, String)>,
    stacks: Vec<Vec<Frame>>,
}

impl<'de> Deserialize<'de> for Frame {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let (module, offset) = <(Number, Number)>::deserialize(input)?;
        let module = match module.0 {
            Some(module) => Some(u32::try_from(module).map_err(|_| D::Error::custom("a module's index is too large"))?),
            None => None,
        };
        Ok(Self { module, offset: offset.0 })
    }
}

/// A number from 0 to 2^64 - 1, or -1, which is `None`.
struct Number(Option<u64>);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_u64(NumberVisitor)
    }
}

struct NumberVisitor;

impl Visitor<'_> for NumberVisitor {
    type Value = Number;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number from -1 to 2^64 - 1")
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Number, E> {
        Ok(Number(Some(value)))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Number, E> {
        match u64::try_from(value) {
            Ok(value) => Ok(Number(Some(value))),
            Err(_) if value == -1 => Ok(Number(None)),
            Err(_) => Err(E::invalid_value(serde::de::Unexpected::Signed(value), &self)),
        }
    }
}
