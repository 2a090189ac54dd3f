//! The approximate engine on its backends.

use crate::network::Description;
use crate::suite::{Suite, bytes_of, spread};
use silenzio_approximate::format::ApproximateFormat;
use silenzio_approximate::{ApproximateEngine, ApproximateNetwork};
use silenzio_backend_tfhe::approximate::{ApproximateServerKey, CompressedApproximateServerKey};
use silenzio_core::approximate::parameters::ParametersRecord;
use silenzio_core::approximate::{ApproximateBackend, ApproximateParameters, Precision, RealLut};
use silenzio_core::plan::{ApproximatePlan, EngineKind, EnginePlan};
use silenzio_core::{EngineError, Task, Wire, wire};
use silenzio_files::ParameterRecord;
use std::io::{self, Read};

/// The approximate engine.
pub(crate) enum Approximate {}

/// The plan of the engine in a task.
fn plan(task: &Task) -> Result<&ApproximatePlan, EngineError> {
    match &task.engine {
        EnginePlan::Approximate(plan) => Ok(plan),
        EnginePlan::Exact(_) => Err(crate::network::other_engine(EngineKind::Approximate, task)),
    }
}

impl Suite for Approximate {
    const KIND: EngineKind = EngineKind::Approximate;
    type Network = ApproximateNetwork;
    type Format = ApproximateFormat;
    type Parameters = &'static ApproximateParameters;
    type ServerKey = ApproximateServerKey;
    type Engine<'a> = ApproximateEngine<'a, ApproximateServerKey>;

    fn plan(task: &Task) -> Result<ApproximateNetwork, EngineError> {
        ApproximateNetwork::planned(&task.widths, &task.training, plan(task)?, task.samples)
    }

    fn network(
        task: &Task,
        parameters: &&'static ApproximateParameters,
        format: ApproximateFormat,
    ) -> Result<ApproximateNetwork, EngineError> {
        ApproximateNetwork::of_format(&task.widths, &task.training, plan(task)?, parameters, format)
    }

    fn format(network: &ApproximateNetwork) -> &ApproximateFormat {
        network.format()
    }

    fn parameters(network: &ApproximateNetwork) -> Result<&'static ApproximateParameters, EngineError> {
        Ok(network.parameters())
    }

    fn record(parameters: &&'static ApproximateParameters) -> ParameterRecord {
        ParameterRecord {
            name: parameters.name.into(),
            numbers: serde_json::to_value(ParametersRecord::from(*parameters)).unwrap_or_default(),
        }
    }

    fn recorded(record: &ParameterRecord) -> Option<&'static ApproximateParameters> {
        let numbers: ParametersRecord = serde_json::from_value(record.numbers.clone()).ok()?;
        numbers.known().filter(|set| set.name == record.name)
    }

    fn read_server_key(
        from: &mut dyn Read,
        parameters: &&'static ApproximateParameters,
    ) -> io::Result<(u128, ApproximateServerKey)> {
        let key = CompressedApproximateServerKey::read(from, parameters)?;
        Ok((key.id(), key.expand().map_err(|error| wire::invalid(error.to_string()))?))
    }

    fn engine<'a>(
        network: &'a ApproximateNetwork,
        key: &'a ApproximateServerKey,
    ) -> ApproximateEngine<'a, ApproximateServerKey> {
        ApproximateEngine::new(key, network)
    }

    fn probe(key: &ApproximateServerKey) -> Result<Vec<u8>, EngineError> {
        let parameters = key.parameters();
        let input = [spread(parameters, 0)?];
        let mut outputs = Vec::new();
        for precision in Precision::ALL {
            let lut = RealLut::new(parameters.table_size(precision), &[&|x| x])?;
            outputs.extend(key.bootstrap(precision, &input, &lut)?.into_iter().flatten());
        }
        bytes_of(&outputs)
    }

    fn describe(network: &ApproximateNetwork) -> Description {
        Description {
            bootstraps_per_sample: Some(network.bootstraps(0, 1).total()),
            bootstraps_per_step: Some(network.bootstraps(1, 0).total()),
            weight_noise_per_sample: network.weight_noise(1),
            ..Description::default()
        }
    }
}

#[cfg(feature = "client")]
mod client {
    use super::Approximate;
    use crate::KeyProgress;
    use crate::suite::ClientSuite;
    use silenzio_approximate::{ApproximateEngineClient, ApproximateNetwork};
    use silenzio_backend_tfhe::approximate::{ApproximateClientKey, CompressedApproximateServerKey};
    use silenzio_core::Wire;
    use silenzio_core::approximate::ApproximateParameters;
    use std::io::{self, Read, Write};

    impl ClientSuite for Approximate {
        type SecretKey = ApproximateClientKey;
        type EvaluationKey = CompressedApproximateServerKey;
        type Client<'a> = ApproximateEngineClient<'a, ApproximateClientKey>;

        fn generate(parameters: &&'static ApproximateParameters) -> ApproximateClientKey {
            ApproximateClientKey::generate(parameters)
        }

        fn secret_id(key: &ApproximateClientKey) -> u128 {
            key.id()
        }

        fn read_secret(
            from: &mut dyn Read,
            parameters: &&'static ApproximateParameters,
        ) -> io::Result<ApproximateClientKey> {
            ApproximateClientKey::read(from, parameters)
        }

        fn secret_len(parameters: &&'static ApproximateParameters) -> io::Result<u64> {
            ApproximateClientKey::encoded_len(parameters)
        }

        fn write_secret(to: &mut dyn Write, key: &ApproximateClientKey) -> io::Result<()> {
            key.write(to)
        }

        fn evaluation_key(
            key: &ApproximateClientKey,
            report: &(dyn Fn(KeyProgress) + Sync),
        ) -> CompressedApproximateServerKey {
            CompressedApproximateServerKey::new(key, report)
        }

        fn evaluation_key_bytes(parameters: &&'static ApproximateParameters) -> usize {
            CompressedApproximateServerKey::bytes(parameters)
        }

        fn evaluation_len(parameters: &&'static ApproximateParameters) -> io::Result<u64> {
            CompressedApproximateServerKey::encoded_len(parameters)
        }

        fn write_evaluation(to: &mut dyn Write, key: &CompressedApproximateServerKey) -> io::Result<()> {
            key.write(to)
        }

        fn client<'a>(
            network: &'a ApproximateNetwork,
            key: &'a ApproximateClientKey,
        ) -> ApproximateEngineClient<'a, ApproximateClientKey> {
            ApproximateEngineClient::new(key, network)
        }
    }
}
