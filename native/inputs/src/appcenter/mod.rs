//! App Center's logs: `{"logs": […]}`, a bare array, single logs.
//!
//! The schema is App Center's ingestion schema; the documented examples break it in most ways there are, so everything
//! is optional and every type is read leniently. Opening keeps where each log lies and what it is; [`log`] decodes one.

mod attached;
mod attachment;
mod binary;
mod binding;
mod device;
mod exception;
mod frame;
mod head;
mod index;
mod log;
mod log_kind;
mod split;
mod thread;

pub use attached::AttachedFile;
pub(crate) use index::Logs;
pub use log_kind::LogKind;
pub(crate) use log_kind::is_log_type;
pub use split::{Split, SplitLimits, SplitLog};

use crate::Error;
use crate::notes::Notes;

/// Find the logs of a text, and the attachments that belong to each.
pub(crate) fn logs(text: &str, notes: &mut Notes) -> Result<Logs, Error> {
    let mut logs = Logs::find(text, notes)?;
    binding::bind(&mut logs, text, notes);
    Ok(logs)
}
