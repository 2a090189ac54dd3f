//! Regression from table to prediction: targets are numbers, in their own units on both ends.

use crate::common::{folder, refuse, run, run_json, silenzio, text};
use serde_json::Value;

/// Two targets of two inputs, which are 10 x + 20 z and 300 - 100 x.
fn table() -> String {
    let mut csv = "x,z,price,weight\n".to_owned();
    for i in 0..16 {
        let (x, z) = (f64::from(i % 4) / 3.0, f64::from(i / 4) / 3.0);
        csv += &format!("{x},{z},{},{}\n", 10.0 * x + 20.0 * z, 300.0 - 100.0 * x);
    }
    csv
}

const DATA: &str = "[data]\nfile = \"data.csv\"\ntest_fraction = 0.25\n";

const PLAN: &str = r#"
targets = ["price", "weight"]
[model]
hidden = []
[training]
loss = "squared"
epochs = 12
batch = 4
learning_rate = 0.5
[engine]
kind = "approximate"
range = { logits = 1.0 }
"#;

#[test]
fn two_parties_learn_numbers() {
    let folder =
        folder(&[("data.csv", table().as_bytes()), ("plan.toml", format!("{DATA}{PLAN}").as_bytes())]);
    let at = folder.path();
    run(at, "keygen plan.toml");
    run(at, "encrypt plan.toml --test-out test.csv --keep-order");
    let test = std::fs::read_to_string(at.join("test.csv")).unwrap();
    assert_eq!((test.lines().next().unwrap(), test.lines().count()), ("x,z,price,weight", 5));
    run(at, "train data.silenzio");
    run(at, "decrypt model.silenzio --out model.safetensors");

    let evaluated = run_json(at, "evaluate model.safetensors model.silenzio test.csv");
    let scores = |object: &Value| ["r2", "rmse", "mae"].map(|field| object[field].as_f64().unwrap());
    let [r2, rmse, mae] = scores(&evaluated);
    assert!(r2 > 0.5 && mae > 0.0 && mae <= rmse, "{evaluated}");
    let targets = evaluated["targets"].as_array().unwrap();
    assert_eq!([&targets[0]["target"], &targets[1]["target"]], ["price", "weight"]);
    // Units are those of the table: weights vary by 100, prices by 30.
    assert!(scores(&targets[1])[1] < 50.0 && scores(&targets[0])[1] < 15.0, "{evaluated}");
    let mean = (scores(&targets[0])[0] + scores(&targets[1])[0]) / 2.0;
    assert!((mean - r2).abs() < 1e-12);
    assert_eq!(evaluated["models"][0]["r2"], evaluated["models"][1]["r2"], "the same model, twice");
    let printed = run(at, "evaluate model.safetensors test.csv");
    assert!(printed.contains("R² ") && printed.contains("weight"), "{printed}");

    // What a decrypted model predicts and what encrypted predictions decrypt to are the same up to noise.
    let predicted = run_json(at, "predict model.safetensors test.csv");
    assert_eq!(predicted["targets"], serde_json::json!(["price", "weight"]));
    run(at, "predict model.safetensors test.csv --out plain.csv");
    run(at, "encrypt --inputs test.csv --out inputs.silenzio");
    run(at, "infer model.silenzio inputs.silenzio");
    run(at, "decrypt logits.silenzio --out logits.csv");
    let read = |name: &str| -> Vec<Vec<f64>> {
        let csv = std::fs::read_to_string(at.join(name)).unwrap();
        let mut lines = csv.lines();
        assert_eq!(lines.next(), Some("price,weight"));
        lines.map(|line| line.split(',').map(|cell| cell.parse().unwrap()).collect()).collect()
    };
    let (plain, encrypted) = (read("plain.csv"), read("logits.csv"));
    assert_eq!(predicted["values"], serde_json::to_value(&plain).unwrap());
    assert_eq!((plain.len(), encrypted.len()), (4, 4));
    for (plain, encrypted) in plain.iter().flatten().zip(encrypted.iter().flatten()) {
        assert!((plain - encrypted).abs() < 3.0, "{encrypted} for {plain}");
    }

    // Further samples are scaled as the first ones, and those beyond are said.
    let more = "x,z,price,weight\n0.5,0.5,15,250\n1,1,30,900\n";
    std::fs::write(at.join("more.csv"), more).unwrap();
    let encrypt =
        "encrypt --like preprocessing.json --samples more.csv --out more.silenzio --preprocessing more.json";
    let warned = text(&silenzio(at, &encrypt.split(' ').collect::<Vec<_>>()).stderr);
    assert!(warned.contains("1 of 4 values of price, weight lie outside"), "{warned}");
    for (name, csv) in [("no-targets.csv", "x,z\n0.5,0.5\n"), ("one-target.csv", "x,z,price\n0.5,0.5,1\n")] {
        std::fs::write(at.join(name), csv).unwrap();
        refuse(at, &format!("evaluate model.safetensors {name}"), &[name, "has no columns of all targets"]);
    }
}

#[test]
fn simulations_and_rehearsals_print_scores() {
    let folder =
        folder(&[("data.csv", table().as_bytes()), ("plan.toml", format!("{DATA}{PLAN}").as_bytes())]);
    let at = folder.path();
    let simulated = run_json(at, "simulate plan.toml --seeds 2 --snapshots 2");
    let seeds = simulated["seeds"].as_array().unwrap();
    assert_eq!(seeds[0]["simulated_scores"].as_array().unwrap().len(), 12);
    let last =
        |seed: &Value, field: &str| seed[field].as_array().unwrap().last().unwrap()["r2"].as_f64().unwrap();
    let mean = (last(&seeds[0], "simulated_scores") + last(&seeds[1], "simulated_scores")) / 2.0;
    assert!((simulated["mean_simulated_scores"]["r2"].as_f64().unwrap() - mean).abs() < 1e-12);
    assert!(mean > 0.5 && last(&seeds[0], "float_scores") > 0.5, "{simulated}");
    assert!(
        simulated["mean_averaged_scores"]["r2"].is_number() && simulated.get("mean_float_accuracy").is_none()
    );
    let printed = run(at, "simulate plan.toml");
    for part in
        ["targets     price: numbers from 0 to 30", "scores      on the test set", "R² ", "RMSE", "weight"]
    {
        assert!(printed.contains(part), "{part}: {printed}");
    }

    let rehearsed = run_json(at, "rehearse plan.toml --steps 2");
    assert!(rehearsed["test_scores"]["rmse"].is_number() && rehearsed.get("test_accuracy").is_none());
    assert_eq!(rehearsed["targets"][1]["target"], "weight");
    let printed = run(at, "rehearse plan.toml --steps 1");
    assert!(printed.contains("decrypted test scores after each epoch, and in the end: R² "), "{printed}");

    let save = |name: &str, result: &Value| {
        std::fs::write(at.join(name), serde_json::to_vec(result).unwrap()).unwrap();
    };
    save("simulated.json", &simulated);
    save("rehearsed.json", &rehearsed);
    run(at, "report simulated.json rehearsed.json --out page");
    let svg = |name: &str| std::fs::read_to_string(at.join("page").join(name)).unwrap();
    assert!(svg("run-1-learning-curves.svg").contains("R²"));
    assert!(svg("run-1-learning-curves-rmse.svg").contains("RMSE"));
    let html = svg("index.html");
    for part in ["R², simulated, 2 seeds: ", "RMSE, float", "float R²", "average RMSE", "R² by epoch"] {
        assert!(html.contains(part), "{part:?} is not on the page");
    }
    assert!(html.contains(&format!(">{mean:.3}<")) && !html.to_lowercase().contains("accuracy"), "{html}");

    save("wrong.json", &{
        let mut wrong = rehearsed;
        wrong["test_scores"]["r2"] = 1.5.into();
        wrong
    });
    refuse(at, "report wrong.json --out page --force", &["wrong.json", "test_scores", "1.5", "R²"]);
    save("evaluated.json", &serde_json::json!({ "r2": 0.5, "models": [] }));
    refuse(at, "report evaluated.json --out page --force", &["evaluated.json", "evaluation of a regression"]);
}

#[test]
fn sweeps_compare_r2() {
    let grid = "plan = 'plan.toml'\nseeds = 2\n[grid]\ntraining.learning_rate = [0.01, 0.5]\n";
    let folder = folder(&[
        ("data.csv", table().as_bytes()),
        ("plan.toml", format!("{DATA}{PLAN}").as_bytes()),
        ("grid.toml", grid.as_bytes()),
    ]);
    let at = folder.path();
    let swept = run_json(at, "sweep grid.toml");
    assert_eq!((&swept["rows_added"], &swept["rows_failed"]), (&4.into(), &0.into()), "{swept}");
    let best = swept["best"]["mean_simulated_r2"].as_f64().unwrap();
    assert_eq!((&swept["best"]["point"], swept["best"].get("mean_simulated_accuracy")), (&2.into(), None));

    // A row has the scores of a simulation with its seed.
    let mut reader = csv::Reader::from_path(at.join("grid.csv")).unwrap();
    let header = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let cell = |row: &csv::StringRecord, column: &str| -> String {
        row[header.iter().position(|name| name == column).unwrap()].to_owned()
    };
    let simulated = run_json(at, "simulate plan.toml --seeds 2");
    let mut sum = 0.0;
    for seed in simulated["seeds"].as_array().unwrap() {
        let of_seed = |row: &&csv::StringRecord| {
            cell(row, "point") == "2" && cell(row, "seed").parse().ok() == seed["seed"].as_u64()
        };
        let row = rows.iter().find(of_seed).unwrap();
        for kind in ["float", "simulated"] {
            let scores = seed[format!("{kind}_scores")].as_array().unwrap();
            let expected: Vec<f64> = scores.iter().map(|scores| scores["r2"].as_f64().unwrap()).collect();
            let found: Vec<f64> = serde_json::from_str(&cell(row, &format!("{kind}_r2_by_epoch"))).unwrap();
            assert_eq!(found, expected, "{kind}");
            let last: f64 = cell(row, &format!("{kind}_r2")).parse().unwrap();
            assert_eq!(Some(&last), expected.last(), "{kind}");
            sum += if kind == "simulated" { last } else { 0.0 };
        }
    }
    assert!((best - sum / 2.0).abs() < 1e-12 && best > 0.5, "{best}");

    assert!(run(at, "sweep grid.toml").contains(&format!("best        point 2, R² {best:.3}")), "resumed");
    run(at, "report grid.csv --out page");
    let html = std::fs::read_to_string(at.join("page/index.html")).unwrap();
    for part in ["best R², point 2", "simulated R²", &format!(">{best:.3}<")] {
        assert!(html.contains(part), "{part:?} is not on the page");
    }
    assert!(!html.to_lowercase().contains("accuracy"), "{html}");
}

#[test]
fn sweeps_of_mixed_kinds_and_of_trainings_that_diverge_say_so() {
    let mixed = "plan = 'plan.toml'\n[random]\nsamples = 2\nseed = 1\n[random.fields]\n\
                 training.loss.choices = ['squared', 'cross-entropy']\ndata.targets.choices = [['price'], []]\n";
    let rates = "plan = 'plan.toml'\n[grid]\ntraining.learning_rate = [0.5, 50.0]\n";
    let folder = folder(&[
        ("data.csv", table().as_bytes()),
        ("plan.toml", format!("{DATA}{PLAN}").as_bytes()),
        ("mixed.toml", mixed.as_bytes()),
        ("rates.toml", rates.as_bytes()),
    ]);
    let at = folder.path();
    refuse(at, "sweep mixed.toml", &["mixed.toml", "training.loss", "others of a regression"]);
    let swept = run_json(at, "sweep rates.toml");
    assert_eq!((&swept["rows_failed"], &swept["best"]["point"]), (&1.into(), &1.into()), "{swept}");
    assert!(std::fs::read_to_string(at.join("rates.csv")).unwrap().contains("training.learning_rate: "));
    run_json(at, "sweep rates.toml");
}

/// The message names the field, the column or the line, and says what to do.
#[test]
fn what_cannot_be_a_regression_says_why() {
    let csv = table();
    let constant = "x,y\n1,5\n2,5\n3,5\n4,5\n5,5\n6,5\n";
    let words = "x,y\n1,5\n2,6\n3,many\n4,7\n5,8\n6,9\n";
    let missing = "x,y\n1,5\n2,6\n3,\n4,7\n5,8\n6,9\n";
    let engine = "[engine]\nkind = \"approximate\"\nrange = { logits = 1.0 }\n";
    let squared = format!("[training]\nloss = \"squared\"\n{engine}");
    let of_y = format!("targets = [\"y\"]\n{squared}");
    let of_price = "targets = [\"price\"]\n";
    for (fields, csv, parts) in [
        (
            format!("{of_price}[training]\nloss = \"squared\"\n"),
            csv.as_str(),
            &["training.loss", "engine.kind"][..],
        ),
        (squared.clone(), &csv, &["training.loss", "data.targets"]),
        (format!("{of_price}{engine}"), &csv, &["training.loss", "data.targets", "squared"]),
        (format!("{of_price}balance = true\n{squared}"), &csv, &["data.targets", "data.balance"]),
        (format!("{of_price}label_column = \"x\"\n{squared}"), &csv, &["data.targets", "data.label_column"]),
        (format!("targets = [\"cost\"]\n{squared}"), &csv, &["data.targets", "cost", "price"]),
        (format!("targets = [9]\n{squared}"), &csv, &["data.targets", "9"]),
        (format!("targets = [\"price\", 2]\n{squared}"), &csv, &["data.targets", "twice"]),
        (format!("{of_price}drop = [\"price\"]\n{squared}"), &csv, &["data.targets", "price", "data.drop"]),
        (format!("{of_price}columns = [\"price\"]\n{squared}"), &csv, &["data.targets", "data.columns"]),
        (of_y.clone(), constant, &["\"y\"", "one value alone", "data.targets"]),
        (of_y.clone(), words, &["\"y\"", "line 4", "many", "not a number"]),
        (of_y.clone(), missing, &["\"y\"", "line 4", "missing"]),
        (format!("{of_price}{squared}[engine.bits]\nlogits = 4\n"), &csv, &["logits"]),
        (
            format!("{of_price}[training]\nloss = \"squared\"\nlabel_smoothing = 0.2\n{engine}"),
            &csv,
            &["training.label_smoothing", "squared"],
        ),
        (
            format!(
                "{of_price}[training]\nloss = \"squared\"\n[engine]\nkind = \"approximate\"\nrange = {{ logits = 0.5 }}\n"
            ),
            &csv,
            &["engine.range.logits", "at least 1"],
        ),
        (format!("{of_price}[training]\nloss = \"huber\"\n"), &csv, &["huber", "squared"]),
    ] {
        let plan = format!("[data]\nfile = \"data.csv\"\n{fields}");
        let folder = folder(&[("data.csv", csv.as_bytes()), ("plan.toml", plan.as_bytes())]);
        refuse(folder.path(), "simulate plan.toml", parts);
    }
}

/// A search compares plans by R², and what it prints is a plan of a regression.
#[test]
fn a_plan_is_found() {
    let folder = folder(&[("data.csv", table().as_bytes())]);
    let at = folder.path();
    let set = "--set training.loss=squared --set data.targets=[\"price\"] --set model.hidden=[] --set training.epochs=40";
    let search = format!("plan data.csv --candidates 5 {set}");
    let found = run_json(at, &search);
    assert_eq!(found["measure"], "r2");
    let [simulated, float] = ["validation_score", "float_score"].map(|name| found[name].as_f64().unwrap());
    assert!(simulated <= 1.0 && float <= 1.0 && simulated > 0.5, "{found}");
    let plan = run(at, &search);
    assert!(plan.contains(&format!("R² {simulated:.3} simulated")), "{plan}");
    std::fs::write(at.join("found.toml"), &plan).unwrap();
    let simulated = run_json(at, "simulate found.toml");
    assert_eq!(simulated["plan"], found["plan"], "the file is the plan");

    let refused = "plan data.csv --set data.targets=[\"price\"]";
    refuse(at, refused, &["training.loss", "squared"]);
}
