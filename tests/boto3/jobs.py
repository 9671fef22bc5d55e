"""Twelve everyday jobs with boto3, for `tests/boto3/compare`. `jobs.rs` does the same with slim-s3: keep them alike.

`jobs.py PREFIX FILE` runs them on the store in the environment, in buckets whose names start with PREFIX. FILE, of
20 MiB, is uploaded. Prints a line for each job: its name, a tab, and `ok` or what went wrong.
"""

import os
import sys
from pathlib import Path

import boto3
from boto3.exceptions import S3UploadFailedError
from botocore.config import Config
from botocore.exceptions import ClientError

PREFIX, FILE = sys.argv[1:]
CONTENT = Path(FILE).read_bytes()

s3 = boto3.client(
    "s3",
    endpoint_url=os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ["AWS_ENDPOINT_URL"],
    region_name=os.environ["AWS_REGION"],
    aws_access_key_id=os.environ["AWS_ACCESS_KEY_ID"],
    aws_secret_access_key=os.environ["AWS_SECRET_ACCESS_KEY"],
    # Most stores have no domain for buckets. Everything else is boto3's default, checksums too.
    config=Config(s3={"addressing_style": "path"}),
)


class Different(Exception):
    """The store did something else than the job asked for."""


def main():
    job(1, "create_bucket, list_buckets", list_buckets)
    job(2, "put_object of bytes, head_object", put_bytes)
    job(3, "put_object of an open file", put_open_file)
    job(4, "upload_fileobj / upload_reader of 20 MiB", upload_fileobj)
    job(5, "upload_file of 20 MiB in parts", upload_file)
    job(6, "get_object, whole and a range", get_object)
    job(7, "list_objects_v2 with prefix, delimiter, pages", list_objects)
    job(8, "copy_object with new metadata", copy_object)
    job(9, "put_object with IfNoneMatch=*, twice", put_once)
    job(10, "put_object_tagging, get_object_tagging", tags)
    job(11, "delete_objects of 25 keys", delete_objects)
    job(12, "delete_object, head_object, delete_bucket", delete_bucket)


def job(number, name, work):
    """Runs a job in a bucket of its own, so that none depends on what another one left behind."""
    bucket = f"{PREFIX}-{number}"
    outcome = "ok"
    try:
        try:
            s3.create_bucket(Bucket=bucket)
            work(bucket)
        finally:
            clean_up(bucket, name)
    except Exception as error:
        outcome = describe(error)
    print(f"{name}\t{outcome}", flush=True)


def describe(error):
    """An error in the form of slim-s3."""
    # The store's error, which that of an upload only quotes.
    if isinstance(error, S3UploadFailedError) and isinstance(error.__context__, ClientError):
        error = error.__context__
    if isinstance(error, Different):
        text = str(error)
    elif isinstance(error, ClientError):
        found = error.response["Error"]
        # Without a code in the response, botocore repeats the status.
        code = "" if found["Code"] == str(status(error)) else f" {found['Code']}"
        text = f"{error.operation_name}: {status(error)}{code}: {found.get('Message')}"
    else:
        text = f"{type(error).__name__}: {error}"
    return " ".join(text.split())


def status(error):
    return error.response["ResponseMetadata"]["HTTPStatusCode"]


def clean_up(bucket, name):
    try:
        for key in all_keys(bucket):
            s3.delete_object(Bucket=bucket, Key=key)
        s3.delete_bucket(Bucket=bucket)
    except Exception as error:
        # The last job deletes it itself.
        if not (isinstance(error, ClientError) and error.response["Error"].get("Code") == "NoSuchBucket"):
            print(f"boto3 did not delete the bucket of {name}: {describe(error)}", file=sys.stderr)


def all_keys(bucket):
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return [found["Key"] for page in pages for found in page.get("Contents", [])]


def bucket_names():
    return [listed["Name"] for listed in s3.list_buckets()["Buckets"]]


def list_buckets(bucket):
    # Created by `job`.
    if bucket not in bucket_names():
        raise Different("wrong: the bucket is not listed")


def put_bytes(bucket):
    s3.put_object(
        Bucket=bucket, Key="hello.txt", Body=b"Hello, S3!\n", ContentType="text/plain", Metadata={"name": "Kitty"}
    )
    head = s3.head_object(Bucket=bucket, Key="hello.txt")
    expect("content length", head["ContentLength"], 11)
    expect("content type", head["ContentType"], "text/plain")
    expect("metadata", metadata(head).get("name"), "Kitty")
    expect_content(bucket, "hello.txt", b"Hello, S3!\n")


def put_open_file(bucket):
    with open(FILE, "rb") as file:
        s3.put_object(Bucket=bucket, Key="file.bin", Body=file)
    expect_content(bucket, "file.bin", CONTENT)


def upload_fileobj(bucket):
    with open(FILE, "rb") as file:
        s3.upload_fileobj(file, bucket, "reader.bin")
    expect_content(bucket, "reader.bin", CONTENT)


def upload_file(bucket):
    s3.upload_file(FILE, bucket, "file.bin")
    head = s3.head_object(Bucket=bucket, Key="file.bin")
    expect("content length", head["ContentLength"], len(CONTENT))
    expect_content(bucket, "file.bin", CONTENT)


def get_object(bucket):
    s3.put_object(Bucket=bucket, Key="digits", Body=b"0123456789")
    expect_content(bucket, "digits", b"0123456789")
    part = s3.get_object(Bucket=bucket, Key="digits", Range="bytes=2-5")
    expect("range", part["Body"].read(), b"2345")


def list_objects(bucket):
    odd = ["(1) 'one'", "100%", "a b+c/é", "x&y=z", "日本/語"]
    keys = sorted(f"list/{name}" for name in [f"{number:02}" for number in range(1, 21)] + odd)
    for key in keys + ["elsewhere"]:
        s3.put_object(Bucket=bucket, Key=key, Body=b"")

    # Not checked: the size of the pages. A store may return everything on one page.
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix="list/", PaginationConfig={"PageSize": 10}
    )
    listed = [found["Key"] for page in pages for found in page.get("Contents", [])]
    expect("keys", sorted(listed), keys)

    folder = s3.list_objects_v2(Bucket=bucket, Prefix="list/", Delimiter="/")
    direct = [key for key in keys if key.count("/") == 1]
    expect("keys in the folder", sorted(found["Key"] for found in folder.get("Contents", [])), direct)
    folders = sorted(found["Prefix"] for found in folder.get("CommonPrefixes", []))
    expect("folders", folders, ["list/a b+c/", "list/日本/"])


def copy_object(bucket):
    s3.put_object(Bucket=bucket, Key="the original", Body=b"content", Metadata={"old": "yes"})
    s3.copy_object(
        Bucket=bucket,
        Key="the copy",
        CopySource={"Bucket": bucket, "Key": "the original"},
        MetadataDirective="REPLACE",
        ContentType="text/plain",
        Metadata={"name": "Kitty"},
    )
    head = s3.head_object(Bucket=bucket, Key="the copy")
    expect("content type", head["ContentType"], "text/plain")
    expect("metadata", metadata(head).get("name"), "Kitty")
    expect("metadata of the source", metadata(head).get("old"), None)
    expect_content(bucket, "the copy", b"content")


def put_once(bucket):
    s3.put_object(Bucket=bucket, Key="once", Body=b"first", IfNoneMatch="*")
    try:
        s3.put_object(Bucket=bucket, Key="once", Body=b"second", IfNoneMatch="*")
        raise Different("ignored: the object was overwritten")
    except ClientError as error:
        if status(error) != 412:
            raise
    expect_content(bucket, "once", b"first")


def tags(bucket):
    kind, year = {"Key": "kind", "Value": "cat"}, {"Key": "year", "Value": "2026"}
    s3.put_object(Bucket=bucket, Key="cat.jpg", Body=b"cat")
    s3.put_object_tagging(Bucket=bucket, Key="cat.jpg", Tagging={"TagSet": [kind, year]})
    found = s3.get_object_tagging(Bucket=bucket, Key="cat.jpg")["TagSet"]
    expect("tags", sorted(found, key=lambda tag: tag["Key"]), [kind, year])
    # gofakes3 replaces it by the tags.
    expect_content(bucket, "cat.jpg", b"cat")


def delete_objects(bucket):
    keys = [f"delete/{number:02}" for number in range(1, 26)]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    expect("keys before", len(all_keys(bucket)), 25)
    output = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys]})
    expect("errors", output.get("Errors", [])[:1], [])
    expect("keys left", len(all_keys(bucket)), 0)


def delete_bucket(bucket):
    s3.put_object(Bucket=bucket, Key="cat.jpg", Body=b"cat")
    s3.head_object(Bucket=bucket, Key="cat.jpg")
    s3.delete_object(Bucket=bucket, Key="cat.jpg")
    try:
        s3.head_object(Bucket=bucket, Key="cat.jpg")
        raise Different("wrong: the object still exists")
    except ClientError as error:
        if status(error) != 404:
            raise
    s3.delete_bucket(Bucket=bucket)
    if bucket in bucket_names():
        raise Different("wrong: the bucket is still listed")


def expect(what, found, expected):
    if found != expected:
        raise Different(f"wrong: {what}: {found!r} instead of {expected!r}")


def metadata(head):
    """The metadata with lower-case names: S3 ignores case, and stores in Go return `Name`."""
    return {name.lower(): value for name, value in head["Metadata"].items()}


def expect_content(bucket, key, expected):
    found = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    expect("length of the content", len(found), len(expected))
    if found != expected:
        raise Different("wrong: the content has changed")


main()
