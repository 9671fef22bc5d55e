//! The root elements that stores send in place of AWS's.

/// AWS's name, and the one that a store sends instead. The elements within are AWS's, and each operation checks that those
/// it needs are there.
const ALIASES: [(&str, &str); 7] = [
    // rclone serve s3 1.76.
    ("InitiateMultipartUploadResult", "InitiateMultipartUpload"),
    // S3Proxy 4.1.
    ("CopyPartResult", "CopyObjectResult"),
    // SeaweedFS 4.53.
    ("LocationConstraint", "CreateBucketConfiguration"),
    // gofakes3, and rclone serve s3 1.76.
    ("ListVersionsResult", "ListBucketVersionsResult"),
    // S3Mock 5.2.
    ("ListVersionsResult", "ListBucketResult"),
    // moto 5.2.
    ("ListPartsResult", "ListPartsResponse"),
    ("VersioningConfiguration", "GetBucketVersioningResponse"),
];

/// Whether `name` is the root element that AWS calls `root`.
pub(super) fn is_root(name: &str, root: &str) -> bool {
    name == root || ALIASES.contains(&(root, name))
}
