//! Criterion, with a table of all results at the end.

use crate::markdown::significant;
use crate::server::Operations;
use crate::{Failure, Server, markdown};
use criterion::{BenchmarkId, Criterion, Throughput};
use silenzio_backend_plain::PlainBackend;
use silenzio_backend_tfhe::{BareCost, ServerKey};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Criterion with few samples: an encrypted operation takes seconds, and varies little.
pub struct Suite {
    criterion: Criterion,
    rows: Vec<Row>,
}

/// The results of one case on both backends.
struct Row {
    group: &'static str,
    case: String,
    of: &'static str,
    /// The backends, with the time of one item.
    times: Vec<(&'static str, Duration)>,
    cost: Cost,
}

/// The cost of a case besides its time, as the table shows it.
struct Cost {
    /// The bootstraps, by class.
    inside: String,
    in_bare: String,
    over_inside: String,
}

/// A case to measure.
pub struct Case<'a> {
    /// The building block.
    pub group: &'static str,
    /// The name of the case.
    pub name: &'a str,
    /// The number of items that it computes at once.
    pub count: usize,
    /// The name of an item.
    pub of: &'static str,
}

/// The runs of one case.
#[derive(Default)]
struct Runs {
    count: u64,
    elapsed: Duration,
    bare_before: Vec<BareCost>,
    operations_before: Vec<Operations>,
}

impl Default for Suite {
    fn default() -> Self {
        let [warm_up, measurement] = [1, 3].map(Duration::from_secs);
        let short = Criterion::default().sample_size(10).warm_up_time(warm_up).measurement_time(measurement);
        Self { criterion: short.configure_from_args(), rows: vec![] }
    }
}

impl Suite {
    /// Measures `work` on `server`, unless the command line excludes it.
    ///
    /// # Errors
    /// If `work` fails.
    pub fn measure<S: Server, T, E: Into<Failure>>(
        &mut self,
        server: &S,
        case: Case<'_>,
        work: impl Fn() -> Result<T, E>,
    ) -> Result<(), Failure> {
        let (mut runs, mut failure) = (Runs::default(), None);
        let mut group = self.criterion.benchmark_group(case.group);
        group.throughput(Throughput::Elements(case.count as u64));
        group.bench_function(BenchmarkId::new(S::NAME, case.name), |bencher| {
            bencher.iter_custom(|count| {
                runs.add(server, count, &work).unwrap_or_else(|error| {
                    failure.get_or_insert(error);
                    Duration::from_nanos(1)
                })
            });
        });
        group.finish();
        if let Some(failure) = failure {
            return Err(failure);
        }
        if runs.count > 0 {
            let (time, cost) = (runs.elapsed.div_f64(runs.of(&case)), runs.cost(server, &case)?);
            self.add(&case, (S::NAME, time), cost);
        }
        Ok(())
    }

    /// Adds the results of a backend to the row of its case.
    fn add(&mut self, case: &Case<'_>, time: (&'static str, Duration), cost: Cost) {
        match self.rows.iter_mut().find(|row| row.group == case.group && row.case == case.name) {
            Some(row) => {
                row.times.push(time);
                row.cost = cost;
            }
            None => self.rows.push(Row {
                group: case.group,
                case: case.name.into(),
                of: case.of,
                times: vec![time],
                cost,
            }),
        }
    }

    /// Prints the table of all results.
    pub fn finish(self) {
        self.criterion.final_summary();
        if !self.rows.is_empty() {
            println!(
                "Wall-clock times on {} threads. A bare bootstrap is one of TFHE-rs with its keyswitch, of the widest \
                 class inside (a coarse one where there is none), on one core while all are busy, measured before and \
                 after each case. Over those inside: all core time over that of the bare bootstraps and keyswitches \
                 inside. The simulator counts the bootstraps that TFHE would do.\n",
                rayon::current_num_threads()
            );
            let head = [
                "block",
                "case",
                "simulator",
                "TFHE",
                "bootstraps",
                "in bare bootstraps",
                "over those inside",
            ];
            let rows = self.rows.iter().map(Row::cells);
            markdown::print(&std::iter::once(markdown::row(head)).chain(rows).collect::<Vec<_>>());
        }
    }
}

impl Row {
    fn cells(&self) -> Vec<String> {
        let time_on = |backend: &str| {
            let time = self.times.iter().find(|(name, _)| *name == backend);
            time.map_or_else(String::new, |(_, time)| format!("{time:.2?} per {}", self.of))
        };
        let Cost { inside, in_bare, over_inside } = &self.cost;
        markdown::row([
            self.group,
            &self.case,
            &time_on(PlainBackend::NAME),
            &time_on(ServerKey::NAME),
            inside,
            in_bare,
            over_inside,
        ])
    }
}

impl Runs {
    /// Runs `work` `count` times, and returns the time.
    fn add<S: Server, T, E: Into<Failure>>(
        &mut self,
        server: &S,
        count: u64,
        work: &impl Fn() -> Result<T, E>,
    ) -> Result<Duration, Failure> {
        if self.count == 0 {
            (self.bare_before, self.operations_before) = (server.bare()?, server.operations());
        }
        let start = Instant::now();
        for _ in 0..count {
            black_box(work().map_err(Into::into)?);
        }
        let elapsed = start.elapsed();
        self.count += count;
        self.elapsed += elapsed;
        Ok(elapsed)
    }

    /// The number of items computed in all runs.
    fn of(&self, case: &Case<'_>) -> f64 {
        (self.count * case.count as u64) as f64
    }

    /// The cost of one item.
    fn cost<S: Server>(&self, server: &S, case: &Case<'_>) -> Result<Cost, Failure> {
        let measured = self.of(case);
        let operations: Vec<Operations> = server
            .operations()
            .iter()
            .zip(&self.operations_before)
            .map(|(now, then)| now.since(then))
            .collect();
        let inside: Vec<String> = operations
            .iter()
            .filter(|of_class| of_class.bootstraps > 0)
            .map(|of_class| format!("{:.1} {}", of_class.bootstraps as f64 / measured, of_class.class))
            .collect();
        let bare: Vec<[f64; 2]> =
            self.bare_before.iter().zip(server.bare()?).map(|(a, b)| mean(a, &b)).collect();
        let core_seconds = self.elapsed.as_secs_f64() * rayon::current_num_threads() as f64;
        let bare_inside: f64 = operations
            .iter()
            .zip(&bare)
            .map(|(of_class, [keyswitch, bootstrap])| {
                of_class.keyswitches as f64 * keyswitch + of_class.bootstraps as f64 * bootstrap
            })
            .sum();
        let widest = operations.iter().rposition(|of_class| of_class.bootstraps > 0).unwrap_or(0);
        let in_bare =
            bare.get(widest).map(|[keyswitch, bootstrap]| core_seconds / measured / (keyswitch + bootstrap));
        Ok(Cost {
            inside: inside.join(", "),
            in_bare: in_bare.map_or_else(String::new, significant),
            over_inside: if bare_inside > 0.0 {
                format!("{:.2}", core_seconds / bare_inside)
            } else {
                String::new()
            },
        })
    }
}

/// The mean times of a keyswitch and of a bootstrap, in seconds, since the machine's speed drifts between measurements.
fn mean(before: &BareCost, after: &BareCost) -> [f64; 2] {
    [before.keyswitch + after.keyswitch, before.bootstrap + after.bootstrap]
        .map(|sum| sum.as_secs_f64() / 2.0)
}
