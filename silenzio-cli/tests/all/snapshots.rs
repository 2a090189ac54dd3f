//! Snapshots of a training are kept, evaluated and averaged.

use crate::common::{CSV, PLAN, folder, refuse, run, run_json, silenzio, text};
use serde_json::Value;
use silenzio::client::Model;
use silenzio::client::safetensors::read_model;

/// Softmax regression on four samples of [`CSV`], with one step per epoch, since the exact engine is slow on ciphertexts.
fn plan(engine: &str) -> String {
    format!(
        "{PLAN}validation_fraction = 0.25\nlimit = 4\n[model]\nhidden = []\n[training]\nepochs = 2\nbatch = 4\n\
         learning_rate = 1.0\n[engine]\nkind = \"{engine}\"\n"
    )
}

fn weights(model: &Model) -> Vec<f32> {
    model.network.weights.iter().flatten().copied().collect()
}

#[test]
fn the_whole_way_of_snapshots() {
    for engine in ["exact", "approximate"] {
        let folder = folder(&[("plan.toml", plan(engine).as_bytes()), ("data.csv", CSV.as_bytes())]);
        let folder = folder.path();
        run(folder, "keygen plan.toml");
        run(folder, "encrypt plan.toml --test-out validation.csv");
        let trained = run_json(folder, "train data.silenzio --snapshots 3");
        let names = ["model.silenzio.snapshot-1", "model.silenzio"];
        assert_eq!(trained["snapshots"], serde_json::json!(names[..1]));

        // The average of the models is that of their weights.
        let decrypt = |name: &&str| {
            let out = format!("{name}.safetensors");
            run(folder, &format!("decrypt {name} --out {out}"));
            read_model(&folder.join(out)).unwrap()
        };
        let models: Vec<Model> = names.iter().map(decrypt).collect();
        let all = names.join(" ");
        let printed = run(folder, &format!("decrypt {all} --average --out average.safetensors"));
        assert!(printed.contains("after 2 steps, average of 2 models"), "{printed}");
        let average = read_model(&folder.join("average.safetensors")).unwrap();
        assert_eq!((average.origin.steps, average.origin.averaged.clone()), (2, vec![1, 2]));
        for (number, &mean) in weights(&average).iter().enumerate() {
            let sum: f32 = models.iter().map(|model| weights(model)[number]).sum();
            assert!((mean - sum / 2.0).abs() <= 1e-6 * (1.0 + mean.abs()), "{mean} {sum}");
        }
        assert_ne!(weights(&models[0]), weights(&models[1]), "a training that learns");

        // Encrypted and decrypted models give the same evaluation.
        let judged = run_json(folder, &format!("evaluate {all} validation.csv"));
        let decrypted = names.map(|name| format!("{name}.safetensors")).join(" ");
        let from_plain = run_json(folder, &format!("evaluate {decrypted} validation.csv"));
        assert_eq!(judged["average"], from_plain["average"]);
        let steps = judged["models"].as_array().unwrap().iter().map(|model| model["steps"].as_u64().unwrap());
        assert_eq!(steps.collect::<Vec<_>>(), [1, 2]);
        let alone = run_json(folder, "evaluate average.safetensors validation.csv");
        for field in ["accuracy", "cross_entropy"] {
            assert_eq!(alone[field], judged["average"][field]);
            let of_models = judged["models"].as_array().unwrap();
            let best =
                of_models.iter().chain([&judged["average"]]).find(|row| row["model"] == judged["best"]);
            assert_eq!(best.unwrap()[field], judged[field]);
        }
        let best = judged["accuracy"].as_f64().unwrap();
        let rows = judged["models"].as_array().unwrap();
        assert!(rows.iter().all(|row| row["accuracy"].as_f64().unwrap() <= best));
        let printed = run(folder, &format!("evaluate {all} validation.csv"));
        assert!(printed.contains("best        "), "{printed}");

        // The learning curve.
        std::fs::write(folder.join("judged.json"), judged.to_string()).unwrap();
        run(folder, "report judged.json --out page");
        let curve = std::fs::read_to_string(folder.join("page/evaluation-1-learning-curve.svg")).unwrap();
        assert!(curve.contains("average") && curve.contains("steps"), "{curve}");

        refuse(folder, &format!("decrypt {all} --out x.safetensors"), &["--average"]);
        refuse(
            folder,
            "decrypt model.silenzio model.silenzio --average --out x.safetensors",
            &["--average: model.silenzio", "as many steps"],
        );
        refuse(
            folder,
            "decrypt model.silenzio data.silenzio --average --out x.safetensors",
            &["data.silenzio"],
        );
        refuse(folder, "evaluate data.silenzio validation.csv", &["data.silenzio", "data set"]);
        refuse(
            folder,
            "train data.silenzio --out model.silenzio --snapshots 2",
            &["exists already", "--force"],
        );
        // An average and its models are not averaged again.
        let mixed = run_json(folder, "evaluate average.safetensors model.silenzio validation.csv");
        assert_eq!(mixed["average"], Value::Null);
    }
}

#[test]
fn simulations_and_rehearsals_average() {
    for engine in ["exact", "approximate"] {
        let folder = folder(&[("plan.toml", plan(engine).as_bytes()), ("data.csv", CSV.as_bytes())]);
        let folder = folder.path();
        let plain = run_json(folder, "simulate plan.toml --seeds 2");
        assert_eq!(plain["mean_averaged_accuracy"], Value::Null);
        let averaged = run_json(folder, "simulate plan.toml --seeds 2 --snapshots 2");
        let of_seed = |seed: usize| averaged["seeds"][seed]["averaged_accuracy"].as_f64().unwrap();
        assert_eq!(averaged["mean_averaged_accuracy"], (of_seed(0) + of_seed(1)) / 2.0);
        assert_eq!(averaged["mean_simulated_accuracy"], plain["mean_simulated_accuracy"]);
        // The last model alone is its own average.
        let last = run_json(folder, "simulate plan.toml --snapshots 1 --snapshot-steps 1");
        assert_eq!(last["mean_averaged_accuracy"], last["mean_simulated_accuracy"]);
        let printed = run(folder, "simulate plan.toml --seeds 2 --snapshots 2");
        assert!(printed.contains("float, simulated, average of the snapshots"), "{printed}");

        if engine == "approximate" {
            let rehearsed = run_json(folder, "rehearse plan.toml --steps 1 --snapshots 1");
            assert_eq!(rehearsed["averaged_accuracy"], rehearsed["test_accuracy"]);
        }
        let output = silenzio(folder, &["simulate", "plan.toml", "--snapshot-steps", "2"]);
        assert!(text(&output.stderr).contains("--snapshots"), "{}", text(&output.stderr));
    }
}
