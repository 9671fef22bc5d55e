//! How many allocations one signature takes, beside other implementations. Prints a table: allocations + reallocations.

mod signers;

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use signers::{AwsSigv4, Reqsign, RustyS3, SlimS3};

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);
static REALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: passes everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        REALLOCATIONS.fetch_add(1, Relaxed);
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// Those of the second signature: the first one fills caches.
fn count<T>(sign: impl Fn() -> T) -> String {
    black_box(sign());
    let before = (ALLOCATIONS.load(Relaxed), REALLOCATIONS.load(Relaxed));
    black_box(sign());
    let allocations = ALLOCATIONS.load(Relaxed) - before.0;
    let reallocations = REALLOCATIONS.load(Relaxed) - before.1;
    format!("{allocations} + {reallocations}")
}

fn main() {
    let (slim, aws, reqsign, rusty) = (
        SlimS3::new(),
        AwsSigv4::new(),
        Reqsign::new(),
        RustyS3::new(),
    );
    println!("| allocations + reallocations | GET | PUT |\n|---|---|---|");
    let row = |name, get: String, put: String| println!("| {name} | {get} | {put} |");
    row("slim-s3", count(|| slim.get()), count(|| slim.put()));
    row("aws-sigv4", count(|| aws.get()), count(|| aws.put()));
    row(
        "reqsign-aws-v4",
        count(|| reqsign.get()),
        count(|| reqsign.put()),
    );
    row(
        "slim-s3, presigned",
        count(|| slim.presigned_get()),
        count(|| slim.presigned_put()),
    );
    row(
        "rusty-s3, presigned",
        count(|| rusty.presigned_get()),
        count(|| rusty.presigned_put()),
    );
}
