//! `examples/explain.rs`, as a process.

use std::process::Command;

/// What the example prints. It is built with the features of this test, so that its dependencies are built already.
fn explain(arguments: &[&str]) -> Result<String, String> {
    let features = [
        (cfg!(feature = "default"), "default"),
        (cfg!(feature = "reqwest"), "reqwest"),
        (cfg!(feature = "rustls"), "rustls"),
        (cfg!(feature = "webpki-roots"), "webpki-roots"),
        (cfg!(feature = "native-tls"), "native-tls"),
        (cfg!(feature = "blocking"), "blocking"),
        (cfg!(feature = "checksums"), "checksums"),
        (cfg!(feature = "credentials"), "credentials"),
        (cfg!(feature = "tracing"), "tracing"),
        (cfg!(feature = "cli"), "cli"),
    ];
    let features = features.iter().filter(|(is_on, _)| *is_on);
    let features: Vec<&str> = features.map(|(_, name)| *name).collect();
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["run", "--quiet", "--locked", "--no-default-features"])
        .args(["--features", &features.join(","), "--example", "explain"])
        .arg("--")
        .args(arguments);
    for name in [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
    ] {
        cargo.env_remove(name);
    }
    let output = cargo.output().unwrap();
    match output.status.success() {
        true => Ok(String::from_utf8(output.stdout).unwrap()),
        false => Err(String::from_utf8(output.stderr).unwrap()),
    }
}

/// AWS's example.
const GET: [&str; 6] = [
    "GET",
    "https://examplebucket.s3.amazonaws.com/test.txt",
    "--header",
    "Range: bytes=0-9",
    "--at",
    "20130524T000000Z",
];

fn explain_get(more: &[&str]) -> String {
    let arguments: Vec<&str> = GET.iter().chain(more).copied().collect();
    explain(&arguments).unwrap()
}

#[test]
fn the_example_explains_the_published_request() {
    let signature = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";
    let text = explain_get(&["--keys"]);
    assert!(text.starts_with("1 canonical request  "), "{text}");
    assert!(
        text.contains(&format!("4 signature     {signature} = ")),
        "{text}"
    );
    assert!(text.contains("  signing key   dbb893acc0109649"), "{text}");
    let masked = explain_get(&[]);
    assert!(!masked.contains(signature), "{masked}");

    let json: serde_json::Value =
        serde_json::from_str(&explain_get(&["--json", "--signature"])).unwrap();
    assert_eq!(json["signature"], signature);

    let path = std::env::temp_dir().join(format!("slim-s3-explain-{}.html", std::process::id()));
    let printed = explain_get(&["--html", path.to_str().unwrap()]);
    let page = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(printed, "");
    super::html::assert_page(&page);
    assert!(page.contains("How this GET is signed"));
}

#[test]
fn the_example_explains_urls_and_chunks() {
    let text = explain_get(&["--presign", "86400"]);
    assert!(
        text.contains("&X-Amz-Expires=86400&X-Amz-SignedHeaders=host%3Brange"),
        "{text}"
    );
    let put = "http://127.0.0.1:9000/photos/a%20b?x=%C3%A9";
    let text = explain(&["PUT", put, "--body", "meow", "--chunks", "8192"]).unwrap();
    assert!(
        text.contains("  2 /photos/a%20b ") && text.contains("  3 x=%C3%A9 "),
        "{text}"
    );
    assert!(
        text.contains("6 chunk 1       4 bytes from byte 0\n"),
        "{text}"
    );
    let error = explain(&["PUT", put, "--chunks", "1"]).unwrap_err();
    assert!(error.contains("chunk size"), "{error}");
}

#[test]
fn the_example_says_what_is_wrong_with_its_arguments() {
    const URL: &str = "http://127.0.0.1:9000/photos/cat.jpg";
    for (arguments, expected) in [
        (&["PUT"][..], "usage: explain METHOD URL"),
        (&["P T", URL], "the method is not a token of HTTP"),
        (
            &["GET", "http://h/b/%+F"],
            "\"b/%+F\" is not percent-encoded UTF-8",
        ),
        (&["GET", URL, "--chunks", "x"], "\"x\" is not a number"),
        (&["GET", URL, "--body", "@no/file"], "no/file: "),
        (
            &["GET", URL, "--html", "no/folder/page.html"],
            "no/folder/page.html: ",
        ),
    ] {
        let error = explain(arguments).unwrap_err();
        let expected = format!("explain: {expected}");
        assert!(
            error.lines().any(|line| line.starts_with(&expected)),
            "{error}"
        );
    }
}
