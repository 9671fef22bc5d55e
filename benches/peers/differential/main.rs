//! Signs random requests with slim-s3 and with aws-sigv4, in headers and in the query, and compares the results.
//!
//! ```sh
//! cargo run --manifest-path benches/peers/Cargo.toml --bin differential -- [--cases N] [--seed N]
//! ```
//!
//! The exit status is 1 at the first difference. Both canonical requests are then printed; the secrets in them are random.

mod aws;
mod case;
mod ours;

use std::process::ExitCode;

use case::{Case, Location};

const CASES: u64 = 10_000;

const USAGE: &str = "usage: differential [--cases N] [--seed N]";

fn main() -> ExitCode {
    let Some((cases, seed)) = arguments() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    println!("{cases} cases, --seed {seed}");
    let mut in_headers = 0;
    for number in 0..cases {
        // A seed of its own, so that a case can be repeated alone.
        let case_seed = seed.wrapping_add(number);
        let case = Case::random(&mut fastrand::Rng::with_seed(case_seed));
        let (ours, aws) = (ours::sign(&case), aws::sign(&case));
        if ours.values != aws.values {
            print_difference(&case, &ours, &aws);
            println!("\nto repeat it: --cases 1 --seed {case_seed}");
            return ExitCode::FAILURE;
        }
        in_headers += u64::from(case.location == Location::Headers);
    }
    let in_query = cases - in_headers;
    println!(
        "slim-s3 and aws-sigv4 agree: {in_headers} signed in headers, {in_query} in the query"
    );
    ExitCode::SUCCESS
}

/// The number of cases, and the seed of the first one.
fn arguments() -> Option<(u64, u64)> {
    let (mut cases, mut seed) = (CASES, fastrand::u64(..));
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next()?.parse().ok()?;
        match name.as_str() {
            "--cases" => cases = value,
            "--seed" => seed = value,
            _ => return None,
        }
    }
    Some((cases, seed))
}

/// What a signer adds to a request.
pub struct Signed {
    /// Headers or query parameters, sorted.
    pub values: Vec<(String, String)>,
    pub canonical_request: String,
}

fn print_difference(case: &Case, ours: &Signed, aws: &Signed) {
    println!("\nthe signatures differ: {case:#?}");
    for (name, signed) in [("slim-s3", ours), ("aws-sigv4", aws)] {
        println!(
            "\n--- {name}: canonical request\n{}",
            signed.canonical_request
        );
        println!("--- {name}: values");
        for (name, value) in &signed.values {
            println!("{name}: {value}");
        }
    }
}
