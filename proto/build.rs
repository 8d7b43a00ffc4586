//! Generates the protocol's types from the descriptor set that `temporalio-protos` publishes, so
//! that neither `protoc` nor a copy of the `.proto` files is needed.

use std::{
    collections::BTreeMap,
    env,
    error::Error,
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use prost::Message;
use prost_types::{DescriptorProto, FileDescriptorSet};

/// Packages of the descriptor set that are no part of the public API, or only annotate it for other
/// tools.
const FOREIGN: &[&str] = &[
    "temporal.api.cloud",
    "coresdk",
    "google.api",
    "grpc.gateway",
    "nexusannotations",
    "temporal.api.protometa",
];

/// Written by hand, because it holds events that are encoded already.
const HISTORY_MESSAGE: &str = ".temporal.api.history.v1.History";
const HISTORY: &str = "crate::encoded_history::History";

/// Messages that are a oneof of many large variants. Boxing the variants keeps a `HistoryEvent` at
/// the size of its common fields instead of that of its largest attributes (1.9 KiB).
const BOXED_ONEOFS: &[(&str, &str, &str)] = &[
    ("temporal.api.history.v1", "HistoryEvent", "attributes"),
    ("temporal.api.command.v1", "Command", "attributes"),
];

/// The package and the name of the service whose RPCs are known by their requests.
const SERVICE: (&str, &str) = ("temporal.api.workflowservice.v1", "WorkflowService");

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-env-changed=DEP_TEMPORALIO_PROTOS_DESCRIPTOR_PATH");
    let published = env::var("DEP_TEMPORALIO_PROTOS_DESCRIPTOR_PATH")?;
    let set = public_api(FileDescriptorSet::decode(fs::read(published)?.as_slice())?);

    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("descriptors.bin"), set.encode_to_vec())?;

    let mut builder = tonic_prost_build::configure()
        .bytes(".")
        .btree_map(".")
        .build_transport(false)
        .disable_comments(["."])
        .generate_default_stubs(true)
        .server_mod_attribute(".", "#[cfg(feature = \"server\")]")
        .extern_path(HISTORY_MESSAGE, HISTORY)
        .include_file("mod.rs");
    for path in boxed_fields(&set) {
        builder = builder.boxed(path);
    }
    let (names, rpcs) = (names(&set), rpcs(&set));
    builder.compile_fds(set)?;
    // Where users of the protocol look for it.
    append(
        &out,
        "temporal.api.history.v1",
        &format!("pub use {HISTORY};"),
    )?;
    append(&out, SERVICE.0, &rpcs)?;
    for (package, names) in names {
        append(&out, &package, &names)?;
    }
    Ok(())
}

/// Adds to the code of a package.
fn append(out: &Path, package: &str, code: &str) -> io::Result<()> {
    let module = out.join(format!("{package}.rs"));
    let mut module = OpenOptions::new().append(true).open(module)?;
    writeln!(module, "{code}")
}

/// What `prost::Name` says of each message, by package.
///
/// What prost-build writes for it are functions of the whole names too, two for each message. They would be a quarter of all
/// that is compiled for this crate, although the name and the package say the same. Nested messages go without: for them
/// they do not, and nobody asks for their names.
fn names(set: &FileDescriptorSet) -> BTreeMap<String, String> {
    let mut names = BTreeMap::<String, String>::new();
    for file in &set.file {
        let package = file.package();
        // These have theirs elsewhere.
        if package == "google.protobuf" {
            continue;
        }
        let code = names.entry(package.to_owned()).or_default();
        for name in file.message_type.iter().map(DescriptorProto::name) {
            if format!(".{package}.{name}") == HISTORY_MESSAGE {
                continue;
            }
            code.push_str(&format!(
                "impl ::prost::Name for {name} {{\n    const NAME: &'static str = \"{name}\";\n    \
                 const PACKAGE: &'static str = \"{package}\";\n}}\n"
            ));
        }
    }
    names.retain(|_, code| !code.is_empty());
    names
}

/// What `rpc::Rpc` says of each RPC of the [`SERVICE`].
fn rpcs(set: &FileDescriptorSet) -> String {
    let (package, service) = SERVICE;
    let files = set.file.iter().filter(|file| file.package() == package);
    let services = files.flat_map(|file| &file.service);
    let methods = services
        .filter(|it| it.name() == service)
        .flat_map(|it| &it.method);
    let implemented = methods.map(|method| {
        let [request, answer] = [method.input_type(), method.output_type()].map(last_part);
        format!(
            "impl crate::rpc::Rpc for {request} {{\n    type Answer = {answer};\n    \
             const PATH: &'static str = \"/{package}.{service}/{}\";\n}}\n",
            method.name()
        )
    });
    implemented.collect()
}

/// The name of a message without its package.
fn last_part(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// What is public of the published set, without what programs have no use for.
fn public_api(mut set: FileDescriptorSet) -> FileDescriptorSet {
    let foreign: Vec<String> = set
        .file
        .extract_if(.., |file| {
            FOREIGN
                .iter()
                .any(|package| file.package().starts_with(package))
        })
        .map(|file| file.name().to_owned())
        .collect();
    for file in &mut set.file {
        file.dependency.retain(|name| !foreign.contains(name));
        file.source_code_info = None;
        for message in &mut file.message_type {
            drop_default_json_names(message);
        }
    }
    set
}

/// Readers of descriptors derive a field's name in JSON themselves, unless it is an unusual one.
fn drop_default_json_names(message: &mut DescriptorProto) {
    for field in &mut message.field {
        if field.json_name() == default_json_name(field.name()) {
            field.json_name = None;
        }
    }
    for nested in &mut message.nested_type {
        drop_default_json_names(nested);
    }
}

/// `start_to_close` is `startToClose`.
fn default_json_name(field: &str) -> String {
    let mut name = String::new();
    let mut words = field.split('_');
    name.push_str(words.next().unwrap_or_default());
    for word in words {
        let mut letters = word.chars();
        name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(letters.as_str());
    }
    name
}

/// The full names of the fields of the oneofs in [`BOXED_ONEOFS`].
fn boxed_fields(set: &FileDescriptorSet) -> Vec<String> {
    let mut fields = Vec::new();
    for &(package, message, oneof) in BOXED_ONEOFS {
        let Some(descriptor) = message_of(set, package, message) else {
            continue;
        };
        let index = descriptor
            .oneof_decl
            .iter()
            .position(|decl| decl.name() == oneof);
        let members = descriptor
            .field
            .iter()
            .filter(|field| field.oneof_index.map(|at| at as usize) == index && index.is_some());
        fields
            .extend(members.map(|field| format!(".{package}.{message}.{oneof}.{}", field.name())));
    }
    fields
}

fn message_of<'a>(
    set: &'a FileDescriptorSet,
    package: &str,
    message: &str,
) -> Option<&'a DescriptorProto> {
    let files = set.file.iter().filter(|file| file.package() == package);
    files
        .flat_map(|file| &file.message_type)
        .find(|descriptor| descriptor.name() == message)
}
