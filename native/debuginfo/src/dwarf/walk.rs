//! From the entries of a unit to its functions and the calls inlined into them.

use std::ops::Range;

use super::code::Code;
use super::entries::{Entries, NONE};
use super::fields::Attribute;
use super::list_scopes::take;
use super::made::Made;
use super::name::{Name, resolve};
use super::naming::Naming;
use super::scopes::Scopes;
use super::shapes::{JUMPS, Kind, SCOPES, Shape};
use super::units::{Unit, Units};
use crate::image::Image;
use crate::limits::{self, Budget};
use crate::ranges;
use crate::wanted::Wanted;

/// The functions and calls of a unit.
#[derive(Debug, Default)]
pub(super) struct Found<'d> {
    pub(super) functions: Vec<Function<'d>>,
    /// Grouped by function, those of a function in the order of the file, which is outer before inner.
    pub(super) calls: Vec<Inlined>,
    /// Code of functions and calls: (first address, address after the last).
    pub(super) ranges: Vec<(u64, u64)>,
    /// Code of functions that are not wanted.
    pub(super) others: Vec<(u64, u64)>,
    /// Each wanted address of the unit's code, and at least one, is in one of the functions.
    pub(super) has_all: bool,
    /// The entries end in damage, or a list of ranges is damaged.
    pub(super) faults: u64,
    /// Functions and calls that are nested too deeply, and lists of ranges that are too long.
    pub(super) excess: u64,
}

/// A function with code.
#[derive(Debug)]
pub(super) struct Function<'d> {
    pub(super) name: Option<Name<'d>>,
    pub(super) ranges: Range<usize>,
    pub(super) calls: Range<usize>,
}

/// A call that was inlined.
#[derive(Debug)]
pub(super) struct Inlined {
    function: usize,
    /// 0: into the function itself.
    pub(super) depth: u32,
    pub(super) line: u32,
    pub(super) file: u64,
    /// The entry of the called function: an offset of `.debug_info`.
    pub(super) origin: Option<usize>,
    pub(super) ranges: Range<usize>,
}

/// The function or call that contains an entry.
#[derive(Clone, Copy, Debug)]
struct Around {
    /// Depth of its own entry.
    at: isize,
    function: Option<usize>,
    /// The depth of calls inlined here.
    depth: u32,
}

/// Read all entries of a unit, until the time of the image is over; if only some addresses are `wanted`, for the functions and
/// calls that have one of them.
///
/// `made` is the budget for names that are composed.
pub(super) fn walk<'d>(
    units: &Units<'d>,
    unit: &Unit<'d>,
    image: &Image<'_>,
    wanted: Option<&Wanted>,
    made: &mut Made,
) -> Found<'d> {
    if wanted.is_some() {
        // Types and functions that are not wanted are left out. Some hold a function, such as a method of a class: if an
        // address is in none that was found, all entries are read.
        let mut walk = Walk::new(units, unit, image, wanted, made, true);
        if walk.entries().is_ok() {
            walk.found.has_all = walk.has_all();
            if walk.found.has_all || !walk.has_jumped {
                return walk.finish();
            }
        }
    }
    let mut walk = Walk::new(units, unit, image, wanted, made, false);
    // What was read before the damage is valid.
    if walk.entries().is_err() {
        walk.found.faults += 1;
    }
    walk.found.has_all = walk.has_all();
    walk.finish()
}

struct Walk<'u, 'd> {
    units: &'u Units<'d>,
    unit: &'u Unit<'d>,
    image: &'u Image<'u>,
    wanted: Option<&'u Wanted>,
    made: &'u mut Made,
    budget: Budget,
    found: Found<'d>,
    around: Vec<Around>,
    /// A function is nested in another.
    nested: bool,
    /// For each function where its entry is, and what names it. Names need the scopes of the whole unit.
    namings: Vec<(usize, Naming<'d>)>,
    /// Namespaces and types, if all functions are wanted.
    scopes: Scopes,
    /// What is in types, and in functions without wanted code, may be left out.
    jumps: bool,
    /// Something was left out.
    has_jumped: bool,
}

impl<'u, 'd> Walk<'u, 'd> {
    fn new(
        units: &'u Units<'d>,
        unit: &'u Unit<'d>,
        image: &'u Image<'u>,
        wanted: Option<&'u Wanted>,
        made: &'u mut Made,
        jumps: bool,
    ) -> Self {
        Self {
            units,
            unit,
            image,
            wanted,
            made,
            budget: Budget::new((unit.end - unit.start) as u64),
            found: Found::default(),
            around: Vec::new(),
            nested: false,
            namings: Vec::new(),
            scopes: Scopes::default(),
            jumps,
            has_jumped: false,
        }
    }

    fn entries(&mut self) -> Result<(), gimli::Error> {
        let (units, unit) = (self.units, self.unit);
        let Ok(table) = units.table(unit) else {
            self.found.faults += 1;
            return Ok(());
        };
        let mut entries = Entries::of(&unit.unit, table)?;
        let with_scopes = self.wanted.is_none();
        // Jumps are made only if some functions are wanted.
        entries.interest = match (with_scopes, self.jumps) {
            (true, _) => SCOPES,
            (false, true) => JUMPS,
            (false, false) => 0,
        };
        let mut watch = self.image.deadline.watch();
        while let Some(shape) = entries.next()? {
            if watch.is_over() {
                break;
            }
            if with_scopes {
                take(&mut self.scopes, &entries, shape);
            }
            let depth = entries.depth();
            match shape.kind {
                Kind::Function if self.is_elsewhere(&entries, shape) => {
                    let mut sibling = None;
                    if self.jumps && shape.has_children && shape.has_sibling {
                        sibling = entries.sibling(shape)?;
                    } else {
                        entries.skip(shape)?;
                    }
                    if shape.has_children && !self.jump(&mut entries, sibling) {
                        self.around_other(depth);
                    }
                }
                Kind::Function => {
                    let (mut naming, mut sibling) = (Naming::default(), None);
                    // Few functions are wanted if not all are.
                    let (has_names, at) = (self.wanted.is_none(), entries.place());
                    let place = entries.code(shape);
                    let mut code = place.is_none().then(Code::default);
                    entries.attributes(shape, |attribute| {
                        if has_names {
                            naming.take(units, unit, attribute);
                        }
                        if let Some(code) = &mut code {
                            code.take(attribute);
                        }
                    })?;
                    let function = self.function(place, code.as_ref());
                    if function.is_some() {
                        if !has_names {
                            entries.again(at);
                            entries.attributes(shape, |attribute| naming.take(units, unit, attribute))?;
                        }
                        self.namings.push((entries.offset(), naming));
                    } else if self.jumps && shape.has_children && shape.has_sibling {
                        entries.again(at);
                        sibling = entries.sibling(shape)?;
                    }
                    if shape.has_children && function.is_some() {
                        self.around.push(Around { at: depth, function, depth: 0 });
                    } else if shape.has_children && !self.jump(&mut entries, sibling) {
                        self.around_other(depth);
                    }
                }
                Kind::Bare | Kind::Scope if self.jumps && shape.has_sibling && !shape.is_namespace() => {
                    let sibling = entries.sibling(shape)?;
                    if !self.jump(&mut entries, sibling) && shape.kind == Kind::Bare {
                        self.around_other(depth);
                    }
                }
                Kind::Bare => {
                    entries.skip(shape)?;
                    self.around_other(depth);
                }
                Kind::Call if !self.may_be_wanted(&entries, shape) => {
                    entries.skip(shape)?;
                    self.around_call(depth, shape.has_children);
                }
                Kind::Call => {
                    let mut call = Inlined::nothing();
                    let place = entries.code(shape);
                    let mut code = place.is_none().then(Code::default);
                    entries.attributes(shape, |attribute| {
                        call.take(unit, attribute);
                        if let Some(code) = &mut code {
                            code.take(attribute);
                        }
                    })?;
                    self.call(call, place, code.as_ref(), depth, shape.has_children);
                }
                Kind::End => self.leave(depth),
                Kind::Scope | Kind::Other => entries.skip(shape)?,
            }
            let innermost = self.around.last().map_or(NONE, |around| around.at);
            entries.with_calls(self.around.last().is_some_and(|around| around.function.is_some()));
            entries.watched = innermost.max(self.scopes.innermost().unwrap_or(NONE));
        }
        Ok(())
    }

    /// Leave out the children of the entry that was given last, which says where the next one is; `false`: it does not, or they
    /// are read anyway.
    fn jump(&mut self, entries: &mut Entries<'_, '_>, sibling: Option<usize>) -> bool {
        let jumps = self.jumps && sibling.is_some_and(|sibling| entries.skip_children(sibling));
        self.has_jumped |= jumps;
        jumps
    }

    /// Whether each wanted address of the unit's code, and at least one, is in a function that was found.
    fn has_all(&self) -> bool {
        let Some(wanted) = self.wanted else { return false };
        let mut covered = self.found.ranges.clone();
        ranges::join(&mut covered);
        let mut budget = Budget::new((self.unit.end - self.unit.start) as u64);
        let (mut some, mut all) = (false, true);
        let read = self.unit.code.each(self.units.of_root(self.unit), &mut budget, |start, end| {
            let base = self.image.base;
            for &address in wanted.within(start.saturating_sub(base), end.saturating_sub(base)) {
                let next = covered.partition_point(|code| code.1 <= address);
                some = true;
                all &= covered.get(next).is_some_and(|code| code.0 <= address);
            }
        });
        matches!(read, Ok(true)) && some && all
    }

    /// Whether an entry may have one of the wanted addresses: it has, or its code is not at a fixed place.
    #[inline]
    fn may_be_wanted(&self, entries: &Entries<'_, '_>, shape: &Shape) -> bool {
        let Some(wanted) = self.wanted.filter(|_| self.image.placed.is_empty()) else { return true };
        let Some((start, end)) = entries.code(shape) else { return true };
        let base = self.image.base;
        // Code of the image is at its base and after it.
        start < base || wanted.are_in(&[(start - base, end - base)])
    }

    /// Whether a function has code at a fixed place, and none of the wanted addresses; then its code is noted.
    #[inline]
    fn is_elsewhere(&mut self, entries: &Entries<'_, '_>, shape: &Shape) -> bool {
        if self.around.len() >= limits::INLINE_DEPTH as usize || self.may_be_wanted(entries, shape) {
            return false;
        }
        let code = entries.code(shape).and_then(|(start, end)| self.image.code_within(start, end));
        self.found.others.extend(code);
        true
    }

    /// Leave the functions and calls whose entries are at this depth or deeper.
    fn leave(&mut self, depth: isize) {
        while self.around.last().is_some_and(|around| depth <= around.at) {
            self.around.pop();
        }
    }

    /// Add a function, if it is wanted. What names it is to be added, too. Its code is at a fixed `place`, or what its attributes
    /// say.
    fn function(&mut self, place: Option<(u64, u64)>, code: Option<&Code<'d>>) -> Option<usize> {
        // Nested functions are rare, and never nest so deeply.
        if self.around.len() >= limits::INLINE_DEPTH as usize {
            self.found.excess += 1;
            return None;
        }
        let first = self.found.ranges.len();
        self.read_ranges(place, code);
        let ranges = first..self.found.ranges.len();
        let code = self.found.ranges.get(ranges.clone()).unwrap_or_default();
        if code.is_empty() {
            return None;
        }
        if self.wanted.is_some_and(|wanted| !wanted.are_in(code)) {
            self.found.others.extend(self.found.ranges.drain(first..));
            return None;
        }
        self.nested |= self.around.last().is_some_and(|around| around.function.is_some());
        self.found.functions.push(Function { name: None, ranges, calls: 0..0 });
        Some(self.found.functions.len() - 1)
    }

    fn call(
        &mut self,
        call: Inlined,
        place: Option<(u64, u64)>,
        code: Option<&Code<'d>>,
        at: isize,
        has_children: bool,
    ) {
        let Some(&Around { function: Some(function), depth, .. }) = self.around.last() else { return };
        if depth >= limits::INLINE_DEPTH {
            self.found.excess += 1;
            return;
        }
        let first = self.found.ranges.len();
        self.read_ranges(place, code);
        if let Some(wanted) = self.wanted
            && !wanted.are_in(self.found.ranges.get(first..).unwrap_or_default())
        {
            self.found.ranges.truncate(first);
        }
        let ranges = first..self.found.ranges.len();
        if !ranges.is_empty() {
            self.found.calls.push(Inlined { function, depth, ranges, ..call });
        }
        self.around_call(at, has_children);
    }

    /// A function without wanted code is entered: calls in it do not belong to the function around it.
    fn around_other(&mut self, at: isize) {
        if self.around.last().is_some_and(|around| around.function.is_some()) {
            self.around.push(Around { at, function: None, depth: 0 });
        }
    }

    /// A call is entered, if it has entries inside.
    fn around_call(&mut self, at: isize, has_children: bool) {
        if let Some(&Around { function, depth, .. }) = self.around.last()
            && has_children
            && depth < limits::INLINE_DEPTH
        {
            self.around.push(Around { at, function, depth: depth + 1 });
        }
    }

    /// Append the code of an entry to the ranges.
    #[inline]
    fn read_ranges(&mut self, place: Option<(u64, u64)>, code: Option<&Code<'d>>) {
        if let Some((start, end)) = place {
            self.found.ranges.extend(self.image.code_within(start, end));
            return;
        }
        let Some(code) = code else { return };
        let read = code.read(self.units, self.unit, self.image, &mut self.budget, &mut self.found.ranges);
        match read {
            Ok(true) => {}
            Ok(false) => self.found.excess += 1,
            Err(_) => self.found.faults += 1,
        }
    }

    fn finish(mut self) -> Found<'d> {
        // Few names need scopes if not all functions are wanted.
        if self.wanted.is_none() {
            let _ = self.unit.scopes.set(self.scopes);
        }
        for (function, (offset, naming)) in self.found.functions.iter_mut().zip(self.namings) {
            function.name = resolve(self.units, self.unit, self.unit.start + offset, naming, self.made);
        }
        if self.nested {
            self.found.calls.sort_by_key(|call| call.function);
        }
        let mut next = 0;
        for (index, function) in self.found.functions.iter_mut().enumerate() {
            let rest = self.found.calls.get(next..).unwrap_or_default();
            let end = next + rest.iter().take_while(|call| call.function == index).count();
            function.calls = next..end;
            next = end;
        }
        self.found
    }
}

impl Inlined {
    const fn nothing() -> Self {
        Self { function: 0, depth: 0, line: 0, file: 0, origin: None, ranges: 0..0 }
    }

    #[inline]
    fn take(&mut self, unit: &Unit<'_>, attribute: &Attribute<'_, '_>) {
        match attribute.name() {
            gimli::DW_AT_abstract_origin => self.origin = attribute.entry(unit),
            gimli::DW_AT_call_line => {
                self.line = attribute.number().and_then(|line| u32::try_from(line).ok()).unwrap_or(0);
            }
            gimli::DW_AT_call_file => self.file = attribute.number().unwrap_or(0),
            _ => {}
        }
    }
}
