"""The rows of `benches/transfer/run` with boto3: `boto3_rows.py ROW [FILE]`. `slim_s3/main.rs` describes the environment.

With boto3's defaults for transfers, parts of 8 MiB and ten threads, but for the checksums, which it would compute beside
the signatures.
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config

ROW, FILE = sys.argv[1], "".join(sys.argv[2:3])
BUCKET, KEY, SOURCE = "transfer", "uploaded", "source"

s3 = boto3.client(
    "s3",
    endpoint_url=os.environ["AWS_ENDPOINT_URL"],
    region_name=os.environ["AWS_REGION"],
    config=Config(
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        max_pool_connections=16,
        s3={"addressing_style": "path"},
    ),
)


def get():
    received = 0
    for chunk in s3.get_object(Bucket=BUCKET, Key=SOURCE)["Body"].iter_chunks(1 << 20):
        received += len(chunk)
    if received != int(os.environ["TRANSFER_SIZE"]):
        sys.exit(f"received {received} bytes")


def small():
    body = bytes(4 << 10)
    with ThreadPoolExecutor(16) as pool:
        puts = [pool.submit(s3.put_object, Bucket=BUCKET, Key=f"small/{number}", Body=body) for number in range(1000)]
    for put in puts:
        put.result()


if ROW == "file":
    s3.upload_file(FILE, BUCKET, KEY)
elif ROW == "pipe":
    s3.upload_fileobj(sys.stdin.buffer, BUCKET, KEY)
elif ROW == "get":
    get()
elif ROW == "download":
    s3.download_file(BUCKET, SOURCE, FILE)
elif ROW == "small":
    small()
else:
    sys.exit(f"unknown row {ROW}")
