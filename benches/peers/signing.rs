//! How long one signature takes, beside other implementations.
//!
//! ```sh
//! cargo bench --manifest-path benches/peers/Cargo.toml
//! ```

mod signers;

use std::time::{Duration, SystemTime};

use criterion::{Criterion, criterion_group, criterion_main};
use signers::{AwsSigv4, Reqsign, RustyS3, SlimS3};
use slim_s3::AmzDate;

/// The cached key is of one day, so a signature for the next one derives another.
fn next_day(at: AmzDate) -> AmzDate {
    (SystemTime::from(at) + Duration::from_secs(86_400)).into()
}

fn signing(criterion: &mut Criterion) {
    let (slim, aws, reqsign, rusty) = (
        SlimS3::new(),
        AwsSigv4::new(),
        Reqsign::new(),
        RustyS3::new(),
    );

    let mut get = criterion.benchmark_group("get");
    get.bench_function("slim-s3", |bencher| bencher.iter(|| slim.get()));
    let mut uncached = SlimS3::new();
    get.bench_function("slim-s3, key derived", |bencher| {
        bencher.iter(|| {
            uncached.at = next_day(uncached.at);
            uncached.get()
        })
    });
    get.bench_function("aws-sigv4", |bencher| bencher.iter(|| aws.get()));
    get.bench_function("reqsign-aws-v4", |bencher| bencher.iter(|| reqsign.get()));
    get.bench_function("slim-s3, presigned", |bencher| {
        bencher.iter(|| slim.presigned_get())
    });
    get.bench_function("rusty-s3, presigned", |bencher| {
        bencher.iter(|| rusty.presigned_get())
    });
    get.finish();

    let mut put = criterion.benchmark_group("put");
    put.bench_function("slim-s3", |bencher| bencher.iter(|| slim.put()));
    let mut uncached = SlimS3::new();
    put.bench_function("slim-s3, key derived", |bencher| {
        bencher.iter(|| {
            uncached.at = next_day(uncached.at);
            uncached.put()
        })
    });
    put.bench_function("aws-sigv4", |bencher| bencher.iter(|| aws.put()));
    put.bench_function("reqsign-aws-v4", |bencher| bencher.iter(|| reqsign.put()));
    put.bench_function("slim-s3, presigned", |bencher| {
        bencher.iter(|| slim.presigned_put())
    });
    put.bench_function("rusty-s3, presigned", |bencher| {
        bencher.iter(|| rusty.presigned_put())
    });
    put.finish();
}

criterion_group!(benches, signing);
criterion_main!(benches);
