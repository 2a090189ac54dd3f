//! What a client sends, written without the client's commands.

use silenzio_approximate::ApproximateEngineClient;
use silenzio_backend_tfhe::approximate::{ApproximateClientKey, CompressedApproximateServerKey};
use silenzio_core::plan::{EngineKind, EnginePlan, TrainingPlan};
use silenzio_core::{EngineClient, PublicPlan, StoredClient, Wire};
use silenzio_files::{Contents, Destination, KeyId, Layout, Overwrite};
use silenzio_protocol::{KeyName, Network};
use tempfile::TempDir;

/// Two inputs, two hidden units, two classes; `epochs` epochs of six samples in three steps.
pub fn plan(epochs: usize) -> PublicPlan {
    PublicPlan {
        widths: vec![2, 2, 2],
        samples: 6,
        training: TrainingPlan { epochs, batch: 2, learning_rate: 0.5, ..TrainingPlan::default() },
        engine: EnginePlan { kind: EngineKind::Approximate, weight_noise: 1e3, ..EnginePlan::default() },
    }
}

/// A folder with "server.key" and "data.silenzio", as a client would send them.
pub fn sent(plan: &PublicPlan) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let destination = |name| Destination::new(folder.path().join(name), Overwrite::Refuse).unwrap();
    let network = Network::new(plan).unwrap();
    let parameters = network.parameters().unwrap();
    let Network::Approximate(network) = network else { unreachable!("the plan is approximate") };
    let secret_key = ApproximateClientKey::generate(network.parameters());
    let name = KeyName { parameters, id: KeyId(secret_key.id()) };

    let server_key = CompressedApproximateServerKey::new(&secret_key, &|_| ());
    let bytes = CompressedApproximateServerKey::encoded_len(network.parameters()).unwrap();
    let key_file = destination("server.key");
    let mut file = key_file.create(&name.header(Contents::ServerKey, Layout::stream(bytes))).unwrap();
    file.encode(|to| server_key.write(to)).unwrap();
    file.finish().unwrap();

    let client = ApproximateEngineClient::new(&secret_key, &network);
    let samples = plan.samples as u64;
    let uploads: Vec<_> = (0..plan.samples)
        .map(|i| client.encrypt_sample(&[0.1 * i as f32, 0.9 - 0.1 * i as f32], Some(i % 2)).unwrap())
        .collect();
    let bytes = client.upload_len(true).unwrap();
    let header = name.header(Contents::Data { samples, labelled: true }, Layout::items(samples, bytes));
    let data_file = destination("data.silenzio");
    let mut file = data_file.create(&header.with_plan(plan).unwrap()).unwrap();
    uploads.iter().for_each(|upload| file.encode(|to| client.write_upload(to, upload)).unwrap());
    file.finish().unwrap();
    folder
}
