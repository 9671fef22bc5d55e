//! Bodies in chunks.

use slim_s3::explain::{ChunkedBody, Explanation};
use slim_s3::sigv4::{
    ChunkEncoder, ChunkSigner, ChunkSize, CredentialScope, SecretAccessKey, Signature, SigningKey,
};
use slim_s3::{Client, PayloadHash};

use super::{SECRET_ACCESS_KEY, aws, client, credentials, published};

/// AWS's examples: 65 KiB of the letter a, after this seed.
fn published_chunks(seed: &str, trailers: &[(&str, &str)]) -> ChunkedBody {
    let scope = CredentialScope::new(published(), "us-east-1", "s3");
    let key = SigningKey::derive(&SecretAccessKey::new(SECRET_ACCESS_KEY), &scope);
    let seed = Signature::from_hex(seed).unwrap();
    let size = ChunkSize::default();
    ChunkedBody::signed(key, &scope, &seed, &[b'a'; 66_560], size, trailers)
}

fn signatures(body: &ChunkedBody) -> Vec<String> {
    let chunks = body.chunks().iter();
    chunks
        .map(|chunk| chunk.signature.as_ref().unwrap().to_hex())
        .collect()
}

#[test]
fn chunks_have_the_published_signatures() {
    let seed = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
    let body = published_chunks(seed, &[]);
    assert_eq!(
        signatures(&body),
        [
            "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
            "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
            "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
        ]
    );
    assert_eq!(
        body.chunks()[0].string_to_sign().unwrap(),
        format!(
            "AWS4-HMAC-SHA256-PAYLOAD\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n{seed}\n\
             e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n\
             bf718b6f653bebc184e1479f1935b8da974d701b893afcf49e701f3e2f9f9c5a"
        )
    );
    assert!(body.trailer().is_none());
    assert_eq!(body.length(), 66_560);
}

#[test]
fn a_trailer_has_the_published_signature() {
    let seed = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e";
    let body = published_chunks(seed, &[("x-amz-checksum-crc32c", "sOO8/Q==")]);
    let last = "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992";
    assert_eq!(signatures(&body)[2], last);
    let trailer = body.trailer().unwrap();
    assert_eq!(trailer.canonical, "x-amz-checksum-crc32c:sOO8/Q==\n");
    assert_eq!(
        trailer.string_to_sign().unwrap(),
        format!(
            "AWS4-HMAC-SHA256-TRAILER\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n{last}\n\
             1e376db7e1a34a8ef1c4bcee131a2d60a1cb62503747488624e10995f448d774"
        )
    );
    assert_eq!(
        trailer.signature.as_ref().unwrap().to_hex(),
        "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435"
    );
}

/// A body of two chunks and the empty one, from a client.
fn explained() -> Explanation {
    let s3 = client("http://127.0.0.1:9000", credentials());
    let put = s3.put_object("photos", "cat.jpg", vec![b'm'; 10_000]);
    put.chunk_size(8 << 10)
        .explain_chunked(published())
        .unwrap()
}

#[test]
fn the_explained_chunks_are_those_of_the_encoder() {
    let explanation = explained();
    assert_eq!(
        explanation.canonical_request().payload_hash,
        PayloadHash::Streaming
    );
    let [.., key] = explanation.derive_keys(&credentials()).unwrap();
    let (scope, seed) = (
        explanation.scope().unwrap(),
        explanation.signature().unwrap(),
    );
    let signer = ChunkSigner::new(key, scope.clone(), seed.clone());
    let mut encoder = ChunkEncoder::new(signer).with_chunk_size(ChunkSize::MIN);
    let mut encoded = Vec::new();
    encoder.encode(&[b'm'; 10_000], &mut encoded);
    encoder.finish(&mut encoded);
    let sent = explanation.headers().iter();
    let length = sent.rev().find(|header| header.name() == "content-length");
    assert_eq!(length.unwrap().value(), encoded.len().to_string());

    let encoded = String::from_utf8(encoded).unwrap();
    let text = explanation.with_signature().to_string();
    for chunk in explanation.chunks().unwrap().chunks() {
        let signature = chunk.signature.as_ref().unwrap().to_hex();
        let line = format!("{:x};chunk-signature={signature}", chunk.length);
        assert!(encoded.contains(&(line.clone() + "\r\n")), "{line}");
        assert!(text.contains(&line), "{text}");
        let masked = explanation.to_string() + &explanation.to_json() + &explanation.to_html();
        assert!(!masked.contains(&signature), "{masked}");
    }
}

#[test]
fn a_page_lists_the_first_and_the_last_of_many_chunks() {
    let s3 = client("http://127.0.0.1:9000", credentials());
    let put = s3.put_object("photos", "cat.jpg", vec![b'm'; 100 << 13]);
    let explanation = put
        .chunk_size(8 << 10)
        .explain_chunked(published())
        .unwrap();
    let page = explanation.to_html();
    assert!(page.contains("85 more chunks"), "{page}");
    assert!(page.contains("<summary>Chunk 14</summary>") && page.contains(">Chunk 100</summary>"));
    assert!(!page.contains(">Chunk 15</summary>"));
    let json: serde_json::Value = serde_json::from_str(&explanation.to_json()).unwrap();
    assert_eq!(json["chunks"]["chunks"].as_array().unwrap().len(), 101);
}

#[cfg(feature = "checksums")]
#[test]
fn a_computed_checksum_is_the_trailer() {
    use slim_s3::operation::ChecksumAlgorithm;

    let s3 = client("http://127.0.0.1:9000", credentials());
    let put = s3.put_object("photos", "note.txt", "hello world");
    let put = put.compute_checksum(ChecksumAlgorithm::Crc32);
    let explanation = put.explain_chunked(published()).unwrap();
    let request = explanation.canonical_request();
    assert_eq!(request.payload_hash, PayloadHash::StreamingTrailer);
    let mut announced = request.headers.iter();
    let announced = announced.find(|(name, _)| *name == "x-amz-trailer");
    assert_eq!(announced.unwrap().1, "x-amz-checksum-crc32");
    let trailer = explanation.chunks().unwrap().trailer().unwrap();
    assert_eq!(trailer.canonical, "x-amz-checksum-crc32:DUoRhQ==\n");
    assert!(trailer.signature.is_some());

    let unsigned = put.payload_hash(PayloadHash::StreamingUnsignedTrailer);
    let explanation = unsigned.explain_chunked(published()).unwrap();
    let body = explanation.chunks().unwrap();
    assert!(body.chunks().iter().all(|chunk| chunk.signature.is_none()));
    assert!(body.trailer().unwrap().signature.is_none());
    assert!(
        explanation
            .to_string()
            .contains("  sent          b\\r\\n\n")
    );
    assert!(
        explanation
            .to_html()
            .contains("sent in chunks, with a trailer")
    );
}

#[test]
fn a_body_that_cannot_be_explained_in_chunks_is_rejected() {
    let at = published();
    let put = |s3: &Client| s3.put_object("examplebucket", "k", "x");
    let hashed = put(&aws()).payload_hash(PayloadHash::of(b"x"));
    let error = hashed.explain_chunked(at).unwrap_err().to_string();
    assert!(
        error.contains("payload hash: not for a body in chunks"),
        "{error}"
    );
    let builder = Client::builder().endpoint("http://127.0.0.1:9000");
    let anonymous = builder.anonymous().build().unwrap();
    let error = put(&anonymous).explain_chunked(at).unwrap_err().to_string();
    assert!(error.contains("the client is anonymous"), "{error}");
    #[cfg(feature = "reqwest")]
    {
        let body = slim_s3::Body::reader(1, &b"x"[..]);
        let stream = aws().put_object("examplebucket", "k", body);
        let error = stream.explain_chunked(at).unwrap_err().to_string();
        assert!(error.contains("body: not in memory"), "{error}");
    }
}

/// What `explain` accepts stays what `sign` accepts.
#[test]
fn bytes_are_still_not_sent_in_chunks() {
    let put = aws().put_object("examplebucket", "k", "x");
    let put = put.payload_hash(PayloadHash::Streaming);
    for error in [
        put.sign(published()).unwrap_err(),
        put.explain(published()).unwrap_err(),
    ] {
        let error = error.to_string();
        assert!(
            error.contains("a body in chunks must be a stream"),
            "{error}"
        );
    }
}
