//! Connection options from the environment and from `temporal.toml`, as the other SDKs and the CLI read them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{ClientError, ConnectOptions, TlsOptions};

/// What a file may say. Unknown keys are let pass, since the file serves other programs too.
#[derive(Debug, Default, Deserialize)]
struct ConfigFile {
    #[serde(default)]
    profile: BTreeMap<String, Profile>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Profile {
    address: Option<String>,
    namespace: Option<String>,
    api_key: Option<String>,
    tls: Option<Tls>,
    #[serde(default)]
    grpc_meta: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Tls {
    disabled: Option<bool>,
    client_cert_path: Option<String>,
    client_cert_data: Option<String>,
    client_key_path: Option<String>,
    client_key_data: Option<String>,
    server_ca_cert_path: Option<String>,
    server_ca_cert_data: Option<String>,
    server_name: Option<String>,
    #[serde(default)]
    disable_host_verification: bool,
}

const DEFAULT_PROFILE: &str = "default";

/// Reads the options; variables win over the file.
pub(super) fn load(
    variable: &dyn Fn(&str) -> Result<Option<String>, ClientError>,
    grpc_meta: BTreeMap<String, String>,
) -> Result<ConnectOptions, ClientError> {
    let mut profile = from_file(variable)?;
    let over = |slot: &mut Option<String>, name: &str| -> Result<(), ClientError> {
        if let Some(value) = variable(name)? {
            *slot = Some(value);
        }
        Ok(())
    };
    over(&mut profile.address, "TEMPORAL_ADDRESS")?;
    over(&mut profile.namespace, "TEMPORAL_NAMESPACE")?;
    over(&mut profile.api_key, "TEMPORAL_API_KEY")?;
    let mut tls = profile.tls.unwrap_or_default();
    let mut wanted = tls
        .disabled
        .map(|disabled| !disabled)
        .or_else(|| tls.says_something());
    for (name, path, data) in [
        (
            "CLIENT_CERT",
            &mut tls.client_cert_path,
            &mut tls.client_cert_data,
        ),
        (
            "CLIENT_KEY",
            &mut tls.client_key_path,
            &mut tls.client_key_data,
        ),
        (
            "SERVER_CA_CERT",
            &mut tls.server_ca_cert_path,
            &mut tls.server_ca_cert_data,
        ),
    ] {
        let given = [
            variable(&format!("TEMPORAL_TLS_{name}_PATH"))?,
            variable(&format!("TEMPORAL_TLS_{name}_DATA"))?,
        ];
        // Either of the two stands in place of what the file says, in whichever way it says it.
        if given.iter().any(Option::is_some) {
            [*path, *data] = given;
        }
    }
    over(&mut tls.server_name, "TEMPORAL_TLS_SERVER_NAME")?;
    wanted = wanted.or_else(|| tls.says_something());
    if let Some(value) = variable("TEMPORAL_TLS")? {
        wanted = Some(truth("TEMPORAL_TLS", &value)?);
    }
    if let Some(value) = variable("TEMPORAL_TLS_DISABLE_HOST_VERIFICATION")? {
        tls.disable_host_verification = truth("TEMPORAL_TLS_DISABLE_HOST_VERIFICATION", &value)?;
    }
    // A key wants TLS by itself, and so it is that whose verification is turned off.
    let unverified = tls.disable_host_verification && profile.api_key.is_some();
    let wanted = wanted.or(unverified.then_some(true));
    let mut options = ConnectOptions::default();
    options.address = profile.address.unwrap_or(options.address);
    options.namespace = profile.namespace.unwrap_or(options.namespace);
    options.api_key = profile.api_key;
    options = match wanted {
        Some(true) => options.tls(tls.into_options()),
        Some(false) => options.without_tls(),
        None => options,
    };
    options.metadata = profile.grpc_meta;
    options.metadata.extend(grpc_meta);
    Ok(options)
}

/// `TEMPORAL_GRPC_META_SOME_KEY` is the header `some-key`.
pub(super) fn grpc_meta_from_env() -> BTreeMap<String, String> {
    let variables = std::env::vars();
    variables
        .filter_map(|(name, value)| {
            let key = name.strip_prefix("TEMPORAL_GRPC_META_")?;
            Some((key.to_ascii_lowercase().replace('_', "-"), value))
        })
        .collect()
}

fn from_file(
    variable: &dyn Fn(&str) -> Result<Option<String>, ClientError>,
) -> Result<Profile, ClientError> {
    let named_file = variable("TEMPORAL_CONFIG_FILE")?.map(PathBuf::from);
    let named_profile = variable("TEMPORAL_PROFILE")?;
    let path = match &named_file {
        Some(path) => Some(path.clone()),
        None => default_path(variable)?.filter(|path| path.exists()),
    };
    let Some(path) = path else {
        return match named_profile {
            Some(name) => Err(no_profile(&name, "there is no temporal.toml")),
            None => Ok(Profile::default()),
        };
    };
    let mut file = read(&path)?;
    let name = named_profile.as_deref().unwrap_or(DEFAULT_PROFILE);
    match (file.profile.remove(name), &named_profile) {
        (Some(profile), _) => Ok(profile),
        (None, None) => Ok(Profile::default()),
        (None, Some(name)) => {
            let known: Vec<_> = file.profile.keys().map(String::as_str).collect();
            let why = format!("{} has: {}", path.display(), known.join(", "));
            Err(no_profile(name, &why))
        }
    }
}

fn read(path: &Path) -> Result<ConfigFile, ClientError> {
    let fail = |error: &dyn std::fmt::Display| {
        ClientError::Options(format!("cannot read {}: {error}", path.display()))
    };
    let text = std::fs::read_to_string(path).map_err(|error| fail(&error))?;
    toml::from_str(&text).map_err(|error| fail(&error))
}

fn no_profile(name: &str, why: &str) -> ClientError {
    ClientError::Options(format!("there is no profile {name:?}: {why}"))
}

fn default_path(
    variable: &dyn Fn(&str) -> Result<Option<String>, ClientError>,
) -> Result<Option<PathBuf>, ClientError> {
    let folder = match variable("XDG_CONFIG_HOME")? {
        Some(folder) => Some(PathBuf::from(folder)),
        None if cfg!(windows) => variable("APPDATA")?.map(PathBuf::from),
        None => variable("HOME")?.map(|home| match cfg!(target_os = "macos") {
            true => Path::new(&home).join("Library/Application Support"),
            false => Path::new(&home).join(".config"),
        }),
    };
    Ok(folder.map(|it| it.join("temporalio").join("temporal.toml")))
}

fn truth(name: &str, value: &str) -> Result<bool, ClientError> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "1" | "t" => Ok(true),
        "false" | "0" | "f" => Ok(false),
        _ => Err(ClientError::Options(format!(
            "{name} is {value:?}; it must be `true` or `false`"
        ))),
    }
}

impl Tls {
    /// Options for TLS mean that TLS is wanted.
    fn says_something(&self) -> Option<bool> {
        let all = [
            &self.client_cert_path,
            &self.client_cert_data,
            &self.client_key_path,
            &self.client_key_data,
            &self.server_ca_cert_path,
            &self.server_ca_cert_data,
            &self.server_name,
        ];
        all.into_iter().any(Option::is_some).then_some(true)
    }

    fn into_options(self) -> TlsOptions {
        let mut options = TlsOptions::new();
        options.set_client_cert(self.client_cert_data, self.client_cert_path);
        options.set_client_key(self.client_key_data, self.client_key_path);
        options.set_server_ca(self.server_ca_cert_data, self.server_ca_cert_path);
        if let Some(name) = self.server_name {
            options = options.server_name(name);
        }
        match self.disable_host_verification {
            true => options.disable_host_verification(),
            false => options,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(variables: &[(&str, &str)]) -> Result<ConnectOptions, String> {
        let variable = |name: &str| {
            let found = variables.iter().find(|it| it.0 == name);
            Ok(found.map(|it| it.1.to_owned()))
        };
        load(&variable, BTreeMap::new()).map_err(|error| error.to_string())
    }

    fn config_file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().expect("a file can be made");
        std::fs::write(file.path(), text).expect("it can be written");
        file
    }

    const FILE: &str = r#"
        [profile.default]
        address = "one:7233"
        [profile.cloud]
        address = "two:7233"
        namespace = "ns"
        api_key = "secret"
        [profile.cloud.grpc_meta]
        some-header = "some value"
        [profile.plain]
        api_key = "secret"
        tls = { disabled = true }
    "#;

    #[test]
    fn without_anything_it_is_the_local_server() {
        let options = options(&[]).expect("nothing is wrong");
        assert_eq!(options.address, "127.0.0.1:7233");
        assert_eq!(options.namespace, "default");
        assert_eq!(options.tls, None);
    }

    #[test]
    fn a_profile_is_read_and_variables_win() {
        let file = config_file(FILE);
        let path = file.path().to_str().expect("the path is Unicode");
        let default = options(&[("TEMPORAL_CONFIG_FILE", path)]).expect("nothing is wrong");
        assert_eq!(default.address, "one:7233");
        let cloud = [
            ("TEMPORAL_CONFIG_FILE", path),
            ("TEMPORAL_PROFILE", "cloud"),
            ("TEMPORAL_NAMESPACE", "other"),
        ];
        let cloud = options(&cloud).expect("nothing is wrong");
        assert_eq!(
            (cloud.address.as_str(), cloud.namespace.as_str()),
            ("two:7233", "other")
        );
        let secured = cloud.wanted_tls().expect("nothing is wrong");
        assert!(secured.is_some(), "a key does not travel in clear text");
        assert_eq!(cloud.metadata["some-header"], "some value");
        let plain = [
            ("TEMPORAL_CONFIG_FILE", path),
            ("TEMPORAL_PROFILE", "plain"),
        ];
        let plain = options(&plain).expect("nothing is wrong");
        assert_eq!(plain.wanted_tls().expect("nothing is wrong"), None);
    }

    #[test]
    fn a_variable_replaces_what_the_file_says_in_another_way() {
        let file = config_file(
            r#"
            [profile.default.tls]
            client_cert_data = "of the file"
            client_key_path = "of-the-file"
            server_ca_cert_data = "of the file"
        "#,
        );
        let path = file.path().to_str().expect("the path is Unicode");
        let found = options(&[
            ("TEMPORAL_CONFIG_FILE", path),
            ("TEMPORAL_TLS_CLIENT_CERT_PATH", "cert.pem"),
            ("TEMPORAL_TLS_CLIENT_KEY_DATA", "of a variable"),
        ]);
        let mut expected = TlsOptions::new().server_ca("of the file");
        expected.set_client_cert(None, Some("cert.pem".to_owned()));
        expected.set_client_key(Some("of a variable".to_owned()), None);
        assert_eq!(found.expect("nothing is wrong").tls, Some(expected));
    }

    #[test]
    fn verification_is_turned_off_where_there_is_any() {
        let off = ("TEMPORAL_TLS_DISABLE_HOST_VERIFICATION", "true");
        let secure = options(&[off, ("TEMPORAL_TLS", "true")]).expect("nothing is wrong");
        let unverified = TlsOptions::new().disable_host_verification();
        assert_eq!(secure.tls, Some(unverified.clone()));
        let plain = options(&[off]).expect("nothing is verified anyway");
        assert_eq!(plain.tls, None);
        let file = config_file(
            "[profile.default.tls]\ndisabled = false\ndisable_host_verification = true",
        );
        let path = file.path().to_str().expect("the path is Unicode");
        let by_file = options(&[("TEMPORAL_CONFIG_FILE", path)]).expect("nothing is wrong");
        assert_eq!(by_file.tls, Some(unverified));
    }

    #[test]
    fn mistakes_are_named() {
        let file = config_file(FILE);
        let path = file.path().to_str().expect("the path is Unicode");
        let unknown = options(&[("TEMPORAL_CONFIG_FILE", path), ("TEMPORAL_PROFILE", "clod")]);
        let expected = format!("there is no profile \"clod\": {path} has: cloud, default, plain");
        assert_eq!(unknown.expect_err("it is unknown"), expected);
        let tls = options(&[("TEMPORAL_TLS", "perhaps")]).expect_err("it is neither");
        assert_eq!(
            tls,
            "TEMPORAL_TLS is \"perhaps\"; it must be `true` or `false`"
        );
    }
}
