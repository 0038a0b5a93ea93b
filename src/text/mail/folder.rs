//! What a folder of mails is for, as its name says: programs call the same folders by many names, in many languages.

/// What a folder is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// What was sent.
    Sent,
    /// What is not sent yet.
    Drafts,
    /// What is put away.
    Archive,
    /// Spam.
    Junk,
    /// What is thrown away.
    Trash,
}

/// Names that are usual, in lower case, the most usual ones first: of Thunderbird, Apple Mail, Outlook, Gmail, Dovecot and large providers.
const USUAL: &[(Role, &str)] = &[
    (
        Role::Sent,
        "sent|sent items|sent messages|sent mail|sent-mail|sentmail|gesendet|gesendete objekte|gesendete elemente|\
         envoyés|éléments envoyés|messages envoyés|objets envoyés|enviado|enviados|elementos enviados|mensajes enviados|\
         itens enviados|e-mails enviados|inviata|inviati|posta inviata|verzonden|verzonden items|verzonden berichten|skickat|\
         skickade objekt|sendt|sendt post|sendte elementer|lähetetyt|wysłane|elementy wysłane|odeslaná pošta|odoslané|\
         elküldött elemek|gönderilmiş öğeler|gönderilmiş postalar|отправленные|надіслані|已发送|已傳送|已发邮件|寄件備份|\
         送信済み|送信済みメール|送信済みアイテム|보낸편지함|보낸 편지함",
    ),
    (
        Role::Drafts,
        "draft|drafts|entwurf|entwürfe|brouillons|borrador|borradores|rascunhos|bozze|concepten|utkast|kladder|luonnokset|\
         wersje robocze|szkice|koncepty|piszkozatok|taslaklar|черновики|чернетки|草稿|草稿箱|下書き|임시보관함|outbox|unsent|\
         unsent messages|postausgang|templates|vorlagen|scheduled",
    ),
    (Role::Archive, "archive|archives|archived|archiv|archief|archivo|arquivo|archivio|архив"),
    (
        Role::Junk,
        "junk|junk e-mail|junk email|junk mail|junk-e-mail|spam|bulk mail|unerwünscht|unerwünschte werbung|spamverdacht|\
         indésirables|courrier indésirable|pourriel|correo no deseado|correo basura|lixo eletrônico|lixo eletrónico|\
         posta indesiderata|indesiderata|ongewenst|ongewenste e-mail|ongewenste reclame|skräppost|uønsket|uønsket post|\
         søppelpost|roskaposti|wiadomości-śmieci|nevyžádaná pošta|levélszemét|gereksiz|istenmeyen|спам|垃圾邮件|垃圾郵件|\
         迷惑メール|스팸|스팸메일함",
    ),
    (
        Role::Trash,
        "trash|bin|deleted|deleted items|deleted messages|deleted-messages|papierkorb|gelöscht|gelöschte objekte|\
         gelöschte elemente|corbeille|éléments supprimés|messages supprimés|papelera|elementos eliminados|lixo|lixeira|\
         itens excluídos|itens eliminados|cestino|posta eliminata|prullenbak|verwijderd|verwijderde items|papperskorgen|\
         papirkurv|slettet post|slettede elementer|roskakori|poistetut|kosz|elementy usunięte|koš|odstraněná pošta|kôš|\
         törölt elemek|kuka|çöp kutusu|silinmiş öğeler|корзина|удаленные|кошик|已删除|已删除邮件|垃圾桶|ゴミ箱|削除済みアイテム|\
         휴지통",
    ),
];

/// What a folder of this name is for, where that is usual. Of a path each part counts: what lies somewhere in the trash is thrown
/// away, whatever else it is; else the last part that says something. An archive of what was sent is of what was sent.
pub fn role(path: &str) -> Option<Role> {
    let parts: Vec<Role> = path.rsplit(['/', '.', '\\']).filter_map(role_of_part).collect();
    let gone = parts.iter().filter(|role| matches!(role, Role::Junk | Role::Trash)).max();
    let known = parts.iter().find(|role| **role != Role::Archive).or(parts.first());
    gone.or(known).copied()
}

/// The names that are usual for that, in lower case, the most usual ones first.
pub fn usual(role: Role) -> impl Iterator<Item = &'static str> {
    USUAL.iter().filter(move |(of, _)| *of == role).flat_map(|(_, names)| names.split('|'))
}

fn role_of_part(part: &str) -> Option<Role> {
    let name = part.trim().to_lowercase();
    USUAL.iter().find(|(_, names)| names.split('|').any(|usual| usual == name)).map(|(role, _)| *role)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_names_say_what_a_folder_is_for() {
        for (name, wanted) in [
            ("Sent", Some(Role::Sent)),
            ("INBOX.Sent Items", Some(Role::Sent)),
            ("[Gmail]/Sent Mail", Some(Role::Sent)),
            ("Sent/2019", Some(Role::Sent)),
            ("Gesendete Objekte", Some(Role::Sent)),
            ("送信済み", Some(Role::Sent)),
            ("ENTWÜRFE", Some(Role::Drafts)),
            ("Spam", Some(Role::Junk)),
            ("Trash/Sent", Some(Role::Trash)),
            ("Junk/Trash", Some(Role::Trash)),
            ("Deleted Items", Some(Role::Trash)),
            ("Корзина", Some(Role::Trash)),
            ("Archives/2024", Some(Role::Archive)),
            ("Sent/Archive", Some(Role::Sent)),
            ("Archive/Spam", Some(Role::Junk)),
            ("INBOX", None),
            ("Presented", None),
            ("Customers/Sentinel Ltd", None),
            ("", None),
        ] {
            assert_eq!(role(name), wanted, "{name}");
        }
        // Each name stands once, in lower case.
        let all: Vec<&str> = USUAL.iter().flat_map(|(_, names)| names.split('|')).collect();
        for (at, name) in all.iter().enumerate() {
            assert_eq!(name.to_lowercase(), **name);
            assert!(!all[at + 1..].contains(name), "{name} stands twice");
        }
    }
}
