#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};
use symbols::SymbolMap;

use super::{KeptTexts, ModuleResult, StackRequest};
use crate::limits::{STACK_FRAMES, STACK_JOBS};

const TEXT: &str = "MODULE Linux x86_64 000102030405060708090A0B0C0D0E0F0 lib.so\n\
    FILE 0 a.c\nFILE 1 dir/b.h\nINLINE_ORIGIN 0 inner\nINLINE_ORIGIN 1 middle\n\
    FUNC 1000 20 0 _Z5outerv\nINLINE 0 7 0 1 1000 8\nINLINE 1 3 1 0 1000 4\n1000 8 2 1\n1008 18 9 0\n\
    FUNC 2000 10 0 say \"hi\"\nPUBLIC 3000 0 open_end\n";
const ID: &str = "000102030405060708090A0B0C0D0E0F0";

fn results(request: &StackRequest) -> Vec<Option<ModuleResult>> {
    results_of(request, &Arc::new(SymbolMap::from_text(TEXT.into())), &Arc::default())
}

fn results_of(request: &StackRequest, map: &Arc<SymbolMap>, kept: &Arc<KeptTexts>) -> Vec<Option<ModuleResult>> {
    let mut results = vec![None, None, None];
    for (number, name, _) in request.modules() {
        results[number] = Some(match name {
            "lib.so" | "copy.so" => ModuleResult::Found(Arc::clone(map), Arc::clone(kept)),
            _ => ModuleResult::Failed("missing".into(), "no source has it".into()),
        });
    }
    results
}

fn five(body: &Value) -> Value {
    let request = StackRequest::of_version_5(body.to_string().as_bytes()).unwrap();
    serde_json::from_slice(&request.answer_5(&results(&request), 1 << 20).unwrap()).unwrap()
}

#[test]
fn functions_lines_and_inlined_calls() {
    let body = json!({"jobs": [{
        "memoryMap": [["lib.so", ID], ["gone.dll", "ABC"], ["unasked", "1"]],
        "stacks": [[[0, 0x1001], [1, 5], [0, 0x1010]], [[-1, 7], [0, 0x2000], [0, -1], [0, 0x3010], [0, 0x10]]],
    }]});
    let outer = json!({
        "frame": 0, "module_offset": "0x1001", "module": "lib.so", "function": "outer()", "function_offset": "0x1",
        "function_size": "0x20", "file": "a.c", "line": 7, "inlines": [
            {"function": "inner", "file": "dir/b.h", "line": 2},
            {"function": "middle", "file": "dir/b.h", "line": 3},
        ],
    });
    let plain = json!({
        "frame": 2, "module_offset": "0x1010", "module": "lib.so", "function": "outer()", "function_offset": "0x10",
        "function_size": "0x20", "file": "a.c", "line": 9,
    });
    let quoted = json!({
        "frame": 1, "module_offset": "0x2000", "module": "lib.so", "function": "say \"hi\"", "function_offset": "0x0",
        "function_size": "0x10",
    });
    let public = json!({
        "frame": 3, "module_offset": "0x3010", "module": "lib.so", "function": "open_end", "function_offset": "0x10",
    });
    let expected = json!({"results": [{
        "stacks": [
            [outer, {"frame": 1, "module_offset": "0x5", "module": "gone.dll"}, plain],
            [
                {"frame": 0, "module_offset": "0x7", "module": "<unknown>"},
                quoted,
                {"frame": 2, "module_offset": "-0x1", "module": "lib.so"},
                public,
                {"frame": 4, "module_offset": "0x10", "module": "lib.so"},
            ],
        ],
        "found_modules": {(format!("lib.so/{ID}")): true, "gone.dll/ABC": false, "unasked/1": null},
        "module_errors": {"gone.dll/ABC": [{"name": "missing", "message": "no source has it"}]},
    }]});
    assert_eq!(five(&body), expected);
    let job = body["jobs"][0].clone();
    assert_eq!(five(&job), expected, "a job alone");
}

#[test]
fn jobs_that_share_a_module_are_answered_in_their_order() {
    let job =
        |offset: u64| json!({"memoryMap": [["x", "1"], ["lib.so", ID]], "stacks": [[[1, offset]], [[1, 0x1010]]]});
    let answer = five(&json!({"jobs": [job(0x2001), {"memoryMap": [], "stacks": []}, job(0x1009)]}));
    let offsets = |job: usize| answer["results"][job]["stacks"][0][0]["function_offset"].clone();
    assert_eq!((offsets(0), offsets(2)), (json!("0x1"), json!("0x9")));
    assert_eq!(answer["results"][1], json!({"stacks": [], "found_modules": {}}));
    assert_eq!(answer["results"][2]["stacks"][1][0]["line"], 9);
}

#[test]
fn version_4_is_text() {
    let body = json!({
        "memoryMap": [["lib.so", ID], ["gone.dll", "ABC"], ["unasked", "1"]],
        "stacks": [[[0, 0x1001], [1, 5], [-1, 0x2a]]], "version": 4,
    });
    let request = StackRequest::of_version_4(body.to_string().as_bytes()).unwrap();
    let answer: Value = serde_json::from_slice(&request.answer_4(&results(&request), 1 << 20).unwrap()).unwrap();
    let stack = json!(["outer() (in lib.so)", "0x5 (in gone.dll)", "0x2a (in <unknown>)"]);
    assert_eq!(answer, json!({"symbolicatedStacks": [stack], "knownModules": [true, false, null]}));
}

#[test]
fn what_is_not_a_request_is_refused() {
    let nested = format!("{}{}", "[".repeat(1 << 20), "]".repeat(1 << 20));
    let jobs = format!("{{\"jobs\": [{}]}}", vec![r#"{"memoryMap":[],"stacks":[]}"#; STACK_JOBS + 1].join(","));
    let frames = format!(r#"{{"memoryMap":[],"stacks":[[{}]]}}"#, vec!["[-1,0]"; STACK_FRAMES + 1].join(","));
    let name = format!(r#"{{"memoryMap":[["{}","1"]],"stacks":[]}}"#, "x".repeat(1 << 20));
    for body in [
        "",
        "{",
        "[]",
        "{}",
        "null",
        "\u{0}",
        r#"{"jobs": {}}"#,
        r#"{"jobs": [1]}"#,
        r#"{"jobs": [[]]}"#,
        r#"{"memoryMap": []}"#,
        r#"{"memoryMap": [["a"]], "stacks": []}"#,
        r#"{"memoryMap": [["a", "b", "c"]], "stacks": []}"#,
        r#"{"memoryMap": [["a", 1]], "stacks": []}"#,
        r#"{"memoryMap": [], "stacks": [[0, 1]]}"#,
        r#"{"memoryMap": [], "stacks": [[[0, 1]]]}"#,
        r#"{"memoryMap": [["a", "1"]], "stacks": [[[1, 1]]]}"#,
        r#"{"memoryMap": [["a", "1"]], "stacks": [[[-2, 1]]]}"#,
        r#"{"memoryMap": [["a", "1"]], "stacks": [[[0, -2]]]}"#,
        r#"{"memoryMap": [["a", "1"]], "stacks": [[[0, 1.5]]]}"#,
        r#"{"memoryMap": [["a", "1"]], "stacks": [[[0, 1e3]]]}"#,
        r#"{"memoryMap": [["a", "1"]], "stacks": [[[0, NaN]]]}"#,
        r#"{"memoryMap": [["a", "1"]], "stacks": [[[0, "0x1"]]]}"#,
        r#"{"memoryMap": [["a", "1"]], "stacks": [[[0, 18446744073709551616]]]}"#,
        r#"{"memoryMap": [["a", "1"]], "stacks": [[[4294967296, 1]]]}"#,
        r#"{"memoryMap": [["a", "1"]], "stacks": [[[0, 1, 2]]]}"#,
        &nested,
        &jobs,
        &frames,
        &name,
    ] {
        let fault = StackRequest::of_version_5(body.as_bytes()).expect_err(&body[..body.len().min(80)]);
        assert!(fault.to_string().len() < 1000 && !fault.to_string().contains('\n'), "{fault}");
    }
}

#[test]
fn unknown_members_are_skipped_however_deep_they_are() {
    let nested = format!("{}{}", "[".repeat(1 << 20), "]".repeat(1 << 20));
    let body = format!(r#"{{"memoryMap":[],"stacks":[],"more":{nested}}}"#);
    assert_eq!(StackRequest::of_version_5(body.as_bytes()).unwrap().frames(), 0);
}

#[test]
fn a_long_answer_is_refused_and_not_cut() {
    let frames = vec![json!([0, 0x1001]); 1000];
    let body = json!({"memoryMap": [["lib.so", ID]], "stacks": [frames]});
    let request = StackRequest::of_version_5(body.to_string().as_bytes()).unwrap();
    let whole = request.answer_5(&results(&request), 1 << 20).unwrap();
    assert!(request.answer_5(&results(&request), whole.len() / 2).is_err());
    assert_eq!(request.answer_5(&results(&request), whole.len()).unwrap(), whole);
}

proptest! {
    #[test]
    fn any_offset_is_answered_as_by_a_single_look_up(
        frames in prop::collection::vec((-1i64..3, prop::option::of(0u64..0x4000)), 0..200),
    ) {
        let modules = json!([["lib.so", ID], ["gone.dll", "ABC"], ["lib.so", ID]]);
        let stack: Vec<Value> =
            frames.iter().map(|&(module, offset)| offset.map_or(json!([module, -1]), |offset| json!([module, offset]))).collect();
        let answer = five(&json!({"memoryMap": modules, "stacks": [stack]}));
        let map = SymbolMap::from_text(TEXT.into());
        for (at, (module, offset)) in frames.into_iter().enumerate() {
            let found = &answer["results"][0]["stacks"][0][at];
            let expected = offset.filter(|_| module == 0 || module == 2).and_then(|offset| map.function_at(offset));
            prop_assert_eq!(found.get("function").is_some(), expected.is_some());
            if let Some(function) = expected {
                let start = offset.unwrap() - function.start;
                prop_assert_eq!(found["function_offset"].as_str().unwrap(), format!("{start:#x}"));
            }
        }
    }

    #[test]
    fn an_answer_does_not_depend_on_earlier_ones(
        requests in prop::collection::vec(
            prop::collection::vec((0usize..3, prop::option::of(0xff0u64..0x3020)), 0..60), 1..4),
    ) {
        let (map, kept) = (Arc::new(SymbolMap::from_text(TEXT.into())), Arc::default());
        for frames in requests {
            let stack: Vec<Value> =
                frames.iter().map(|&(module, offset)| offset.map_or(json!([module, -1]), |offset| json!([module, offset]))).collect();
            // Symbols that one request has as two modules.
            let body = json!({"memoryMap": [["lib.so", ID], ["gone.dll", "ABC"], ["copy.so", ID]], "stacks": [stack]});
            let request = StackRequest::of_version_5(body.to_string().as_bytes()).unwrap();
            let alone = request.answer_5(&results(&request), 1 << 20).unwrap();
            prop_assert_eq!(&request.answer_5(&results_of(&request, &map, &kept), 1 << 20).unwrap(), &alone);
            let _other = kept.lock();
            prop_assert_eq!(&request.answer_5(&results_of(&request, &map, &kept), 1 << 20).unwrap(), &alone);
        }
    }

    #[test]
    fn damaged_requests_do_not_panic(at in 0usize..200, byte in any::<u8>()) {
        let mut body = json!({"jobs": [{"memoryMap": [["lib.so", ID], ["b", "2"]], "stacks": [[[0, 4097], [1, 2]], []]}]})
            .to_string()
            .into_bytes();
        let at = at % body.len();
        body[at] = byte;
        if let Ok(request) = StackRequest::of_version_5(&body) {
            let answer = request.answer_5(&results(&request), 1 << 20).unwrap();
            serde_json::from_slice::<Value>(&answer).unwrap();
        }
        let _ = StackRequest::of_version_4(&body);
    }
}
