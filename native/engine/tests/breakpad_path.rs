//! Paths of symbol files, as the tests and the example look for them.

#[path = "support/breakpad_path.rs"]
mod support;

use std::path::Path;

use engine::ModuleKey;
use support::breakpad_path;

#[test]
fn paths_stay_inside_the_directory() {
    let path = |file: &str, id: &str| breakpad_path(Path::new("/s"), &ModuleKey::new(file, id, "", ""));
    assert_eq!(path("test_app.pdb", "AB1").as_deref(), Some(Path::new("/s/test_app.pdb/AB1/test_app.sym")));
    assert_eq!(path("libc.so.6", "AB0").as_deref(), Some(Path::new("/s/libc.so.6/AB0/libc.so.6.sym")));
    let aged = path("x.pdb", "6FCC021B58CD46E0A795C03AEFE4DF81F");
    assert_eq!(aged.as_deref(), Some(Path::new("/s/x.pdb/6FCC021B58CD46E0A795C03AEFE4DF81f/x.sym")));
    assert_eq!(path("..", "AB0"), None);
    assert_eq!(path("a/..", "AB0"), None);
    assert_eq!(path("libc.so.6", "../../x"), None);
    assert_eq!(path("", "AB0"), None);
    assert_eq!(path("é.pdb", "AB0").as_deref(), Some(Path::new("/s/é.pdb/AB0/é.sym")));
}
