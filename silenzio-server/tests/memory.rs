//! A server holds one batch at a time, however long the data set is. A process of its own, since it measures its memory.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

#[allow(dead_code, reason = "only files are needed here")]
#[path = "all/common/mod.rs"]
mod common;

use common::Setting;
use silenzio_core::Task;
use silenzio_core::plan::{EngineKind, EnginePlan, TrainingPlan};
use silenzio_suite::PublicPlan;

/// The most memory that this process has held so far, in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    1024 * line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
}

#[test]
fn training_and_inference_hold_one_batch() {
    let task = Task {
        widths: vec![2000, 2],
        samples: 20_000,
        training: TrainingPlan { epochs: 1, batch: 4, ..TrainingPlan::default() },
        engine: EnginePlan::of(EngineKind::Exact),
    };
    let setting = Setting::new(PublicPlan::new(task).unwrap());
    let file_bytes = std::fs::metadata(setting.path("data")).unwrap().len();
    assert!(file_bytes > 100 << 20, "{file_bytes} bytes are too few to see a difference");
    let before = peak();
    setting.train(&setting.request(), None).unwrap();
    setting.infer("data", false).unwrap();
    let more = peak() - before;
    assert!(more < 16 << 20, "{more} bytes more, with a data set of {file_bytes}");
}
