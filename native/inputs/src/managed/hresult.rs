//! HRESULT values of .NET's own failures (`CorError.h`).

/// `COR_E_EXECUTIONENGINE`: the run-time itself failed.
pub(super) const EXECUTION_ENGINE: u32 = 0x8013_1506;
/// `COR_E_FAILFAST`: the program ended itself.
pub(super) const FAIL_FAST: u32 = 0x8013_1623;
