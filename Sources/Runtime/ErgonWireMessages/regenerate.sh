#!/bin/sh
# Makes ergon.pb.swift and ergon.grpc.swift from ergon.proto, and notes its digest beside them.
# Needs Debian's protobuf-compiler, and the two plugins in the folder given as $1
# (`swift build --product protoc-gen-swift` and `--product protoc-gen-grpc-swift-2` in a package
# that depends on swift-protobuf and grpc-swift-protobuf in the versions of Package.swift).
set -eu
cd "$(dirname "$0")"
protoc ergon.proto \
    --plugin=protoc-gen-swift="$1/protoc-gen-swift" \
    --plugin=protoc-gen-grpc-swift-2="$1/protoc-gen-grpc-swift-2" \
    --swift_opt=Visibility=Package --swift_out=Generated \
    --grpc-swift-2_opt=Visibility=Package --grpc-swift-2_out=Generated
sha256sum ergon.proto | cut -d' ' -f1 > Generated/ergon.proto.sha256
