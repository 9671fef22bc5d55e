//! What `sign` signs: the parts of `s3://…`, or of the URL of a request.

use slim_s3::operation::Target;
use slim_s3::sigv4::uri_decode;

use crate::failure::Failure;
use crate::url::Location;

/// A request's target. A URL also has an endpoint, and perhaps a query.
#[derive(Debug, Eq, PartialEq)]
pub struct SignTarget {
    pub endpoint: Option<String>,
    pub target: Target,
    pub query: Vec<(String, String)>,
}

pub fn parse(text: &str) -> Result<SignTarget, Failure> {
    let wrong = |problem: &str| Failure::Usage(format!("{text:?}: {problem}"));
    if text.starts_with("s3://") {
        let Location { bucket, key } = text.parse().map_err(|problem: String| wrong(&problem))?;
        return Ok(SignTarget {
            endpoint: None,
            target: target(bucket, key),
            query: Vec::new(),
        });
    }
    let (scheme, rest) = text
        .split_once("://")
        .filter(|(scheme, _)| matches!(*scheme, "http" | "https"))
        .ok_or_else(|| wrong("expected s3://BUCKET/KEY, or the http or https URL of a request"))?;
    let (rest, _) = rest.split_once('#').unwrap_or((rest, ""));
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (host, path) = place.split_once('/').unwrap_or((place, ""));
    let query = query.split('&').filter(|parameter| !parameter.is_empty());
    let query = query.map(|parameter| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        Some((uri_decode(name)?, uri_decode(value)?))
    });
    let query: Option<Vec<_>> = query.collect();
    let query = query.ok_or_else(|| wrong("the query is not percent-encoded UTF-8"))?;
    let path = uri_decode(path).ok_or_else(|| wrong("the path is not percent-encoded UTF-8"))?;
    let (endpoint_host, bucket, key) = match bucket_in(host) {
        Some((bucket, rest)) => (rest, bucket.to_owned(), path),
        None => {
            let (bucket, key) = path.split_once('/').unwrap_or((&path, ""));
            (host, bucket.to_owned(), key.to_owned())
        }
    };
    Ok(SignTarget {
        endpoint: Some(format!("{scheme}://{endpoint_host}")),
        target: target(bucket, key),
        query,
    })
}

fn target(bucket: String, key: String) -> Target {
    match (bucket.is_empty(), key.is_empty()) {
        (true, _) => Target::Service,
        (false, true) => Target::Bucket(bucket),
        (false, false) => Target::Object { bucket, key },
    }
}

/// The bucket in the host of an AWS URL, and the rest of the host.
fn bucket_in(host: &str) -> Option<(&str, &str)> {
    let at = host.rfind(".s3.").or_else(|| host.rfind(".s3-"))?;
    let (bucket, rest) = host.split_at(at);
    let is_aws = rest.ends_with(".amazonaws.com") || rest.ends_with(".amazonaws.com.cn");
    is_aws.then_some((bucket, rest.get(1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_parses(text: &str, endpoint: Option<&str>, bucket: &str, key: &str, query: &str) {
        let found = parse(text).unwrap();
        assert_eq!(found.endpoint.as_deref(), endpoint, "{text}");
        assert_eq!(found.target, target(bucket.into(), key.into()), "{text}");
        let parameters = found.query.iter();
        let parameters: Vec<_> = parameters
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        assert_eq!(parameters.join("&"), query, "{text}");
    }

    #[test]
    fn a_location_and_a_url_name_the_same_object() {
        let local = Some("http://127.0.0.1:9000");
        assert_parses("s3://bkt/a b?c%20", None, "bkt", "a b?c%20", "");
        assert_parses("s3://bkt", None, "bkt", "", "");
        assert_parses("http://127.0.0.1:9000", local, "", "", "");
        assert_parses("http://127.0.0.1:9000/", local, "", "", "");
        assert_parses(
            "http://127.0.0.1:9000/bkt?uploads",
            local,
            "bkt",
            "",
            "uploads=",
        );
        assert_parses(
            "http://127.0.0.1:9000/bkt/a%20b.txt?partNumber=2&uploadId=U#top",
            local,
            "bkt",
            "a b.txt",
            "partNumber=2&uploadId=U",
        );
        assert_parses(
            "https://bkt.s3.eu-west-1.amazonaws.com/a/b",
            Some("https://s3.eu-west-1.amazonaws.com"),
            "bkt",
            "a/b",
            "",
        );
    }

    #[test]
    fn other_text_is_rejected() {
        for text in [
            "",
            "bkt/key",
            "ftp://host/bkt",
            "http://host/%F",
            "http://host/b/%+F",
            "http://host/b?%FF",
            "s3://",
        ] {
            assert!(matches!(parse(text), Err(Failure::Usage(_))), "{text}");
        }
    }
}
