//! s3s-fs, a store that runs in the test process until it exits.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::OnceLock;

use hyper_util::rt::{TokioExecutor, TokioIo};
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;

/// The address of the store. The first call starts it on a separate runtime, because a test's runtime ends with the test.
pub fn address(access_key_id: &str, secret_access_key: &str) -> SocketAddr {
    static ADDRESS: OnceLock<SocketAddr> = OnceLock::new();
    *ADDRESS.get_or_init(|| {
        let keys = SimpleAuth::from_single(access_key_id, secret_access_key);
        let (sender, receiver) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                sender.send(listener.local_addr().unwrap()).unwrap();
                serve(listener, keys, "live").await;
            });
        });
        receiver.recv().unwrap()
    })
}

/// Serves a store of its own, whose folder has this name, until the future is dropped.
pub async fn serve(listener: tokio::net::TcpListener, keys: SimpleAuth, name: &str) {
    let folder = std::env::var_os("S3_TEST_FOLDER")
        .map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")), PathBuf::from);
    let folder = folder.join(format!("s3s-fs-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(&folder).unwrap());
    builder.set_auth(keys);
    let service = builder.build();
    while let Ok((socket, _)) = listener.accept().await {
        // Nagle's algorithm would delay small responses.
        let _ = socket.set_nodelay(true);
        let service = service.clone();
        tokio::spawn(async move {
            let server = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
            // The client reports connection errors.
            let _ = server.serve_connection(TokioIo::new(socket), service).await;
        });
    }
}
