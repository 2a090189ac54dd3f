//! No secret key can be named on the server's path.

use std::process::Command;

/// The features that are on in what a crate depends on, one dependency or feature a line.
fn features(package: &str, chosen: &[&str]) -> String {
    let arguments = ["tree", "--offline", "--locked", "--edges", "features,no-dev", "--prefix", "none", "-p"];
    let cargo = Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(arguments)
        .arg(package)
        .args(chosen)
        .output()
        .unwrap();
    assert!(cargo.status.success(), "{}", String::from_utf8_lossy(&cargo.stderr));
    String::from_utf8(cargo.stdout).unwrap()
}

fn secrets(features: &str) -> usize {
    features.lines().filter(|line| line.contains("silenzio-backend-tfhe feature \"client\"")).count()
}

#[test]
fn the_server_has_no_type_with_a_secret_key() {
    let server = ["--no-default-features", "--features", "server"];
    for (package, chosen) in [("silenzio-server", &[][..]), ("silenzio-suite", &[]), ("silenzio", &server)] {
        let features = features(package, chosen);
        assert!(features.contains("silenzio-backend-tfhe v"), "{package} uses the backend:\n{features}");
        assert_eq!(secrets(&features), 0, "{package}:\n{features}");
    }
    // That the search finds what it looks for.
    assert!(secrets(&features("silenzio-cli", &[])) > 0);
}
