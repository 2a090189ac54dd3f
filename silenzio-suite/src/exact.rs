//! The exact engine on its backends.

use crate::network::{Description, ProductDescription};
use crate::suite::{Suite, bytes_of, spread};
use silenzio_backend_tfhe::{Ciphertext, CompressedServerKey, KeyPlan, KeyRecord, ParameterSet, ServerKey};
use silenzio_core::plan::{EngineKind, EnginePlan, SmallKeys};
use silenzio_core::{Backend, BackendError, EngineError, Lut, Modulus, Task, Wire, wire};
use silenzio_files::ParameterRecord;
use silenzio_rns::scaled_product::ScaledProduct;
use silenzio_rns::{ExactEngine, ExactFormat, ExactNetwork};
use std::io::{self, Read};

/// The exact engine.
pub(crate) enum Exact {}

/// The cost of a look-up under TFHE with this kind of small keys, in milliseconds of one core. Formats are planned with it
/// for all backends.
pub(crate) fn lut_cost(small_keys: SmallKeys) -> impl Fn(Modulus) -> f64 {
    move |m| ParameterSet::for_modulus(small_keys, m).cost.total()
}

/// The plan of the engine in a task.
fn plan(task: &Task) -> Result<&silenzio_core::plan::ExactPlan, EngineError> {
    match &task.engine {
        EnginePlan::Exact(plan) => Ok(plan),
        EnginePlan::Approximate(_) => Err(crate::network::other_engine(EngineKind::Exact, task)),
    }
}

impl Suite for Exact {
    const KIND: EngineKind = EngineKind::Exact;
    type Network = ExactNetwork;
    type Format = ExactFormat;
    type Parameters = KeyPlan;
    type ServerKey = ServerKey;
    type Engine<'a> = ExactEngine<'a, ServerKey>;

    fn plan(task: &Task) -> Result<ExactNetwork, EngineError> {
        let plan = plan(task)?;
        ExactNetwork::new(&task.widths, &task.training, plan, lut_cost(plan.small_keys))
    }

    fn network(task: &Task, parameters: &KeyPlan, format: ExactFormat) -> Result<ExactNetwork, EngineError> {
        let network = ExactNetwork::of_format(&task.widths, &task.training, plan(task)?, format)?;
        if Self::parameters(&network)? == *parameters {
            return Ok(network);
        }
        Err(EngineError::Shape {
            what: "size classes of the keys",
            expected: Self::record(&Self::parameters(&network)?).name,
            found: Self::record(parameters).name,
        })
    }

    fn format(network: &ExactNetwork) -> &ExactFormat {
        network.format()
    }

    fn parameters(network: &ExactNetwork) -> Result<KeyPlan, EngineError> {
        Ok(KeyPlan::for_moduli(network.format().small_keys, network.look_up_classes()?))
    }

    /// The name consists of the widest moduli of the size classes, as in "15-31", and of the kind of small keys if they are
    /// not binary, as in "15-31-blocks".
    fn record(parameters: &KeyPlan) -> ParameterRecord {
        let sets = parameters.parameter_sets();
        let blocks = sets.iter().any(|set| set.small_keys() == SmallKeys::Blocks);
        let widest = sets.iter().map(|set| set.widest.to_string());
        let kind = blocks.then(|| SmallKeys::Blocks.name().to_owned());
        ParameterRecord {
            name: widest.chain(kind).collect::<Vec<_>>().join("-"),
            numbers: serde_json::to_value(KeyRecord::from(parameters)).unwrap_or_default(),
        }
    }

    fn recorded(record: &ParameterRecord) -> Option<KeyPlan> {
        let numbers: KeyRecord = serde_json::from_value(record.numbers.clone()).ok()?;
        numbers.known().filter(|plan| Self::record(plan) == *record)
    }

    fn read_server_key(from: &mut dyn Read, parameters: &KeyPlan) -> io::Result<(u128, ServerKey)> {
        let key = CompressedServerKey::read(from, parameters)?;
        Ok((key.id(), key.expand().map_err(|error| wire::invalid(error.to_string()))?))
    }

    fn engine<'a>(network: &'a ExactNetwork, key: &'a ServerKey) -> ExactEngine<'a, ServerKey> {
        ExactEngine::new(key, network)
    }

    fn probe(key: &ServerKey) -> Result<Vec<u8>, EngineError> {
        let mut outputs = Vec::new();
        for set in key.parameter_sets() {
            let m = Modulus::new(set.widest.into()).map_err(BackendError::from)?;
            // The first word is the variance.
            outputs.extend(key.lut(&[spread::<_, Ciphertext>(&m, 1)?], &Lut::embed(m, m))?);
        }
        bytes_of(&outputs)
    }

    fn describe(network: &ExactNetwork) -> Description {
        Description {
            products: products(network).map(describe_product).collect(),
            learning_rates: network.layers().iter().map(|layer| layer.learning_rate).collect(),
            ..Description::default()
        }
    }
}

/// The products of a network, layer by layer.
pub(crate) fn products(network: &ExactNetwork) -> impl Iterator<Item = &ScaledProduct> {
    network.layers().iter().flat_map(|layer| {
        [Some(&layer.forward), layer.delta.as_ref(), Some(&layer.gradient)].into_iter().flatten()
    })
}

pub(crate) fn describe_product(product: &ScaledProduct) -> ProductDescription {
    ProductDescription {
        name: product.name.to_string(),
        moduli: product.moduli().iter().map(|&m| m.get()).collect(),
        divisor: product.scaling.divisor(),
        covered: product.scaling.covered(),
    }
}

#[cfg(feature = "client")]
mod client {
    use super::Exact;
    use crate::KeyProgress;
    use crate::suite::ClientSuite;
    use silenzio_backend_tfhe::{ClientKey, CompressedServerKey, KeyPlan};
    use silenzio_core::Wire;
    use silenzio_rns::{ExactClient, ExactNetwork};
    use std::io::{self, Read, Write};

    impl ClientSuite for Exact {
        type SecretKey = ClientKey;
        type EvaluationKey = CompressedServerKey;
        type Client<'a> = ExactClient<'a, ClientKey>;

        fn generate(parameters: &KeyPlan) -> ClientKey {
            ClientKey::generate(parameters)
        }

        fn secret_id(key: &ClientKey) -> u128 {
            key.id()
        }

        fn read_secret(from: &mut dyn Read, parameters: &KeyPlan) -> io::Result<ClientKey> {
            ClientKey::read(from, parameters)
        }

        fn secret_len(parameters: &KeyPlan) -> io::Result<u64> {
            ClientKey::encoded_len(parameters)
        }

        fn write_secret(to: &mut dyn Write, key: &ClientKey) -> io::Result<()> {
            key.write(to)
        }

        fn evaluation_key(key: &ClientKey, report: &(dyn Fn(KeyProgress) + Sync)) -> CompressedServerKey {
            CompressedServerKey::new(key, report)
        }

        fn evaluation_key_bytes(parameters: &KeyPlan) -> usize {
            parameters.compressed_key_bytes()
        }

        fn evaluation_len(parameters: &KeyPlan) -> io::Result<u64> {
            CompressedServerKey::encoded_len(parameters)
        }

        fn write_evaluation(to: &mut dyn Write, key: &CompressedServerKey) -> io::Result<()> {
            key.write(to)
        }

        fn client<'a>(network: &'a ExactNetwork, key: &'a ClientKey) -> ExactClient<'a, ClientKey> {
            ExactClient::new(key, network)
        }
    }
}
